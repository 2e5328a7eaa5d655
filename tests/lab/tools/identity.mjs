// An identity provider's login pages, by other makers.
//
//   node identity.mjs MODULES oidc NAME ADDRESS PORT PEM
//   node identity.mjs MODULES saml NAME ADDRESS PORT PEM
//
// `oidc` is oidc-provider, which knows the application `qlik`; `saml` is samlp, which knows the hub
// `https://hub.corp.test`. Prints `listening` once it listens.

import { createRequire } from 'node:module';
import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [modules, kind, name, address, port, pem] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${modules}/package.json`));
const text = readFileSync(pem);

async function oidc() {
  const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
  const provider = new Provider(`https://${name}`, {
    clients: [{ client_id: 'qlik', client_secret: 'not-asked-here', redirect_uris: ['https://hub.corp.test/oidc'] }],
    cookies: { keys: ['lab'] },
    features: { devInteractions: { enabled: true } },
  });
  return provider.callback();
}

function saml() {
  const express = require('express');
  const samlp = require('samlp');
  const app = express();
  const known = 'https://hub.corp.test/saml/postResponse';
  const settings = {
    issuer: `https://${name}`, cert: text, key: text,
    getPostURL: (audience, _request, _asked, done) => done(null, audience === 'https://hub.corp.test' ? known : null),
    getUserFromRequest: (request) => request.user,
  };
  app.get('/saml2', (request, response, next) => {
    samlp.parseRequest(request, (error, asked) => {
      if (error) return next(error);
      if (asked && asked.issuer !== 'https://hub.corp.test') {
        return response.status(400).send(`<title>Error</title>The application ${asked.issuer} is not known here.`);
      }
      return response.send('<title>Log in</title><form method="post" action="/login"><input name="user"><input type="password" name="password"></form>');
    });
  });
  app.post('/login', samlp.auth(settings));
  return app;
}

const handler = kind === 'oidc' ? await oidc() : saml();
createServer({ key: text, cert: text }, handler).listen(Number(port), address, () => console.log('listening'));
