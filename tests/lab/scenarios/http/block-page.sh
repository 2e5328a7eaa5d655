broken 'A web filter, whose authority this computer trusts, answers with its page.'
hub hub.corp.test
inspected_by_device ca --scripts "$lab/tools/filter.py"
doctor https://hub.corp.test
expect no http/block-page network likely
