// SPDX-License-Identifier: BSD-2-Clause
// verify_mailauth.js FILE...: a JSON line for each message, [{domain, algorithm, result}, ...],
// top to bottom; keys from the name server on loopback. mailauth is looked for by NODE_PATH.
'use strict';

const dns = require('dns').promises;
const fs = require('fs');
const { dkimVerify } = require('mailauth/lib/dkim/verify');

const resolver = new dns.Resolver({ timeout: 5000, tries: 4 });
resolver.setServers(['127.0.0.1']);
const answers = new Map(); // each name is asked for once

function resolve(name, type) {
    const key = `${type} ${name}`;
    if (!answers.has(key)) {
        answers.set(key, resolver.resolve(name, type));
    }
    return answers.get(key);
}

// mailauth finds no header in a message that ends with it: such a one gets the empty line that
// would precede a body. The body stays empty.
function contentOf(file) {
    const message = fs.readFileSync(file);
    return message.includes('\r\n\r\n') ? message : Buffer.concat([message, Buffer.from('\r\n')]);
}

async function main() {
    for (const file of process.argv.slice(2)) {
        const verified = await dkimVerify(contentOf(file), {
            resolver: resolve
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
