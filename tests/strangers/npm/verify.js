// Confirms signatures with Digital Bazaar's library for W3C Verifiable Credentials. One line of JSON
// for each file named. It asks for nothing but the did:key in the proof, so nothing is fetched.
import {readFileSync} from 'node:fs';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {createVerifyCryptosuite} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {driver as didKeyDriver} from '@digitalbazaar/did-method-key';
import * as vc from '@digitalbazaar/vc';

const driver = didKeyDriver();
driver.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from});

async function documentLoader(url) {
  if(!url.startsWith('did:key:')) {
    throw new Error(`asked for ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document: await driver.get({url})};
}

for(const file of process.argv.slice(2)) {
  let accepted = false;
  let why = null;
  try {
    const credential = JSON.parse(readFileSync(file, 'utf8'));
    const suite = new DataIntegrityProof({cryptosuite: createVerifyCryptosuite()});
    const result = await vc.verifyCredential({credential, suite, documentLoader});
    accepted = result.verified;
    why = result.error?.errors?.map(e => e.message).join('; ') ?? result.error?.message ?? null;
  } catch(error) {
    why = error.message;
  }
  console.log(JSON.stringify({file, accepted, why}));
}
