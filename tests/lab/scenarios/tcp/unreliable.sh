broken 'Every third packet is lost on the line.'
hub hub.corp.test
link --delay 5 --loss 30 --seed 7
doctor https://hub.corp.test
expect yes degrades tcp/unreliable
