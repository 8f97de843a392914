// SPDX-License-Identifier: BSD-2-Clause
// verify_mailauth.js FILE...: a JSON line for each message, [{domain, algorithm, result}, ...],
// top to bottom; keys from the name server on loopback. mailauth is looked for by NODE_PATH.
'use strict';

const dns = require('dns').promises;
const fs = require('fs');
const { dkimVerify } = require('mailauth/lib/dkim/verify');

const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
resolver.setServers(['127.0.0.1']);

// mailauth finds no header in a message that ends with it: such a one gets the empty line that
// would precede a body. The body stays empty.
function contentOf(file) {
    const message = fs.readFileSync(file);
    return message.includes('\r\n\r\n') ? message : Buffer.concat([message, Buffer.from('\r\n')]);
}

async function main() {
    for (const file of process.argv.slice(2)) {
        const verified = await dkimVerify(contentOf(file), {
            resolver: (name, type) => resolver.resolve(name, type)
        });
        const results = verified.results.map(one => ({
            domain: one.signingDomain,
            algorithm: one.algo,
            result: one.status.result + (one.status.comment ? ` (${one.status.comment})` : '')
        }));
        console.log(JSON.stringify(results));
    }
}

main().catch(error => {
    console.error(error);
    process.exit(1);
});
