//! WGSL as the page carries it: comments and indentation left out at compile time, line breaks kept.
//!
//! Comments are half of the shaders, and the first load has a budget. Line numbers in a compiler's messages stay those
//! of the file.

/// The shortened text of a file of `shaders/`, named without its ending.
macro_rules! wgsl {
    ($name:expr) => {{
        const TEXT: &str = include_str!(concat!("../../../shaders/", $name, ".wgsl"));
        const LENGTH: usize = $crate::train::gpu::source::shortened(TEXT, &mut []);
        const BYTES: [u8; LENGTH] = {
            let mut out = [0; LENGTH];
            $crate::train::gpu::source::shortened(TEXT, &mut out);
            out
        };
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("leaving out whole lines' ends keeps UTF-8 whole"),
        }
    }};
}
pub(super) use wgsl;

/// Writes `text` without `//` comments, leading blanks and blanks before a line's end into `out` (as far as it
/// reaches); answers the length of the whole.
pub const fn shortened(text: &str, out: &mut [u8]) -> usize {
    let text = text.as_bytes();
    let (mut at, mut length) = (0, 0);
    while at < text.len() {
        // A line: where its code starts and ends.
        let mut start = at;
        while start < text.len() && text[start] == b' ' {
            start += 1;
        }
        let mut end = start;
        while end < text.len()
            && text[end] != b'\n'
            && !(text[end] == b'/' && end + 1 < text.len() && text[end + 1] == b'/')
        {
            end += 1;
        }
        at = end;
        while at < text.len() && text[at] != b'\n' {
            at += 1;
        }
        while end > start && text[end - 1] == b' ' {
            end -= 1;
        }
        while start < end {
            if length < out.len() {
                out[length] = text[start];
            }
            length += 1;
            start += 1;
        }
        if at < text.len() {
            if length < out.len() {
                out[length] = b'\n';
            }
            length += 1;
            at += 1;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn comments_and_blanks_go_and_lines_stay() {
        let text = "// head\n    let a = b / c; // why\n\n  }";
        let mut out = vec![0; shortened(text, &mut [])];
        shortened(text, &mut out);
        assert_eq!(String::from_utf8(out).as_deref(), Ok("\nlet a = b / c;\n\n}"));
    }
}
