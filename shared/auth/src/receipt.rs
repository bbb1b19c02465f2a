//! Receipts of deletions: JWS (RFC 7515) with EdDSA (Ed25519, RFC 8037), which any JOSE library verifies with the published keys.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::ed25519::signature::Signer as _;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::jwt::Signer;

/// The `typ` of the header. It is verified, so no sign-in token passes for a receipt.
pub const RECEIPT_TYPE: &str = "erasure-receipt+jwt";

/// A public key that verifies receipts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptKey {
    pub key_id: String,
    /// 64 hex digits.
    pub public: String,
}

impl ReceiptKey {
    /// The key as a JSON Web Key (RFC 7517, RFC 8037).
    pub fn to_jwk(&self) -> Value {
        let x = hex::decode(&self.public).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.key_id, "x": x })
    }

    /// Reads a JSON Web Key. `None` for a key of another type.
    pub fn from_jwk(jwk: &Value) -> Option<Self> {
        let is = |name: &str, value: &str| jwk.get(name).and_then(Value::as_str) == Some(value);
        let x = jwk.get("x").and_then(Value::as_str).filter(|_| is("kty", "OKP") && is("crv", "Ed25519"))?;
        let bytes = URL_SAFE_NO_PAD.decode(x).ok().filter(|bytes| bytes.len() == 32)?;
        Some(Self { key_id: jwk.get("kid")?.as_str()?.to_owned(), public: hex::encode(bytes) })
    }
}

/// Why a receipt was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptRejection {
    /// Not a receipt: other parts, another type or another algorithm.
    Malformed,
    /// No valid key has the receipt's `kid`.
    UnknownKey,
    /// The signature does not match: a byte of the receipt was changed, or another key signed it.
    BadSignature,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

impl Signer {
    /// Signs the claims of a receipt, in the compact form. `None` if they do not serialise.
    pub fn sign_receipt(&self, claims: &impl Serialize) -> Option<String> {
        let header =
            Header { alg: "EdDSA".to_owned(), kid: self.key_id().to_owned(), typ: RECEIPT_TYPE.to_owned() };
        let encode = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
        let header = encode(serde_json::to_vec(&header).ok()?);
        let signed = format!("{header}.{}", encode(serde_json::to_vec(claims).ok()?));
        let signature = self.key().sign(signed.as_bytes());
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }

    /// The public key, as it is published.
    pub fn receipt_key(&self) -> ReceiptKey {
        ReceiptKey { key_id: self.key_id().to_owned(), public: self.public() }
    }
}

/// The claims of a receipt, if one of these keys signed it.
pub fn verify_receipt(receipt: &str, keys: &[ReceiptKey]) -> Result<Value, ReceiptRejection> {
    let malformed = ReceiptRejection::Malformed;
    let (signed, signature) = receipt.trim().rsplit_once('.').ok_or(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(malformed)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| malformed)?;
    if header.alg != "EdDSA" || header.typ != RECEIPT_TYPE {
        return Err(malformed);
    }
    let key = keys.iter().find(|key| key.key_id == header.kid).ok_or(ReceiptRejection::UnknownKey)?;
    let bytes: Option<[u8; 32]> = hex::decode(&key.public).ok().and_then(|bytes| bytes.try_into().ok());
    let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let key = key.ok_or(ReceiptRejection::UnknownKey)?;
    let signature = Signature::from_slice(&decode(signature)?).map_err(|_| malformed)?;
    key.verify_strict(signed.as_bytes(), &signature).map_err(|_| ReceiptRejection::BadSignature)?;
    serde_json::from_slice(&decode(claims)?).map_err(|_| malformed)
}

#[cfg(test)]
mod tests {
    use custodian_domain::Secret;

    use super::*;

    fn signer(id: &str, fill: &str) -> Signer {
        Signer::new(id, &Secret::new(fill.repeat(32))).unwrap()
    }

    #[test]
    fn a_receipt_verifies_with_its_published_key_and_no_other() {
        let (ours, theirs) = (signer("r1", "07"), signer("r2", "08"));
        let receipt = ours.sign_receipt(&json!({ "sub": "ann" })).unwrap();
        let published = ReceiptKey::from_jwk(&ours.receipt_key().to_jwk()).unwrap();
        assert_eq!(verify_receipt(&receipt, &[theirs.receipt_key(), published]), Ok(json!({ "sub": "ann" })));
        assert_eq!(verify_receipt(&receipt, &[theirs.receipt_key()]), Err(ReceiptRejection::UnknownKey));
        let impostor = ReceiptKey { key_id: "r1".to_owned(), ..theirs.receipt_key() };
        assert_eq!(verify_receipt(&receipt, &[impostor]), Err(ReceiptRejection::BadSignature));
    }

    #[test]
    fn a_receipt_with_any_changed_character_is_refused() {
        let signer = signer("r1", "07");
        let receipt = signer.sign_receipt(&json!({ "sub": "ann" })).unwrap();
        let keys = [signer.receipt_key()];
        for at in 0..receipt.len() {
            for other in [b'A', b'B', b'.'] {
                let mut changed = receipt.clone().into_bytes();
                changed[at] = other;
                let changed = String::from_utf8(changed).unwrap();
                assert!(changed == receipt || verify_receipt(&changed, &keys).is_err(), "character {at}");
            }
        }
    }

    #[test]
    fn a_sign_in_token_is_no_receipt() {
        let signer = signer("r1", "07");
        let signed_as = |typ: &str| {
            let header = json!({ "alg": "EdDSA", "kid": "r1", "typ": typ }).to_string();
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"));
            let signature = signer.key().sign(signed.as_bytes());
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
        };
        let keys = [signer.receipt_key()];
        assert_eq!(verify_receipt(&signed_as(RECEIPT_TYPE), &keys), Ok(json!({})));
        for bad in [signed_as("JWT"), "a.b.c".to_owned(), String::new()] {
            assert_eq!(verify_receipt(&bad, &keys), Err(ReceiptRejection::Malformed), "{bad}");
        }
    }
}
