//! Words that the compiler keeps for itself: they stand for the bundle digest while the objects that
//! hold it are hashed. A source that holds one is refused, or the digest would appear in its place.

/// Stands for the bundle digest: 64 characters, as many as the digest has.
///
/// It starts with a digit and holds only characters that YAML and JSON write as they are, so text
/// around it has the same form before and after. It is no hex number, so it is never a digest itself.
pub const BUNDLE_PLACEHOLDER: &str =
    "0bundle-digest-placeholder-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0";

/// Stands for the first 16 digits of the bundle digest, which fit a label or a name.
pub const BUNDLE_SHORT_PLACEHOLDER: &str = "0bundle-short-x0";

/// How both begin: one look for it spares two for most texts.
const MARK: &str = "0bundle-";

/// Whether text holds a placeholder.
#[must_use]
pub fn mentions_placeholder(text: &str) -> bool {
    text.len() >= BUNDLE_SHORT_PLACEHOLDER.len()
        && text.contains(MARK)
        && (text.contains(BUNDLE_PLACEHOLDER) || text.contains(BUNDLE_SHORT_PLACEHOLDER))
}
