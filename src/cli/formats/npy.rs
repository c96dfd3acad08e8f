//! Reads NumPy's .npy: magic, version, a Python dict as text, then the elements.

use super::super::failure::{Failure, Outcome};
use std::io::Read;
use std::path::Path;

/// The header, and a reader that stands at the first element.
pub struct Npy<R> {
    /// As NumPy writes it: `<f4` …
    pub dtype: String,
    pub shape: Vec<usize>,
    rest: R,
}

impl<R: Read> Npy<R> {
    pub fn open(mut file: R, path: &Path) -> Outcome<Self> {
        let bad = |what: String| Failure::in_file(path, what);
        let mut take = |n: usize| {
            let mut bytes = vec![0; n];
            file.read_exact(&mut bytes).map(|()| bytes)
        };
        let short = |_| bad("is cut off inside its header: it must be a whole .npy file".into());
        let head = take(8).map_err(short)?;
        if !head.starts_with(b"\x93NUMPY") {
            return Err(bad("does not start as a .npy file: it must be one (or safetensors)".into()));
        }
        let length = match head[6] {
            1 => u16::from_le_bytes(take(2).map_err(short)?.try_into().expect("two bytes")).into(),
            _ => u32::from_le_bytes(take(4).map_err(short)?.try_into().expect("four bytes")),
        };
        if length > 1 << 16 {
            return Err(bad(format!("has a header of {length} bytes: it must be a .npy file of plain numbers")));
        }
        let header = String::from_utf8_lossy(&take(length as usize).map_err(short)?).into_owned();
        let field = |name: &str| header.split(&format!("'{name}':")).nth(1).map(str::trim_start);
        let quoted = field("descr").and_then(|d| d.strip_prefix('\'')?.split('\'').next());
        let dtype =
            quoted.ok_or_else(|| bad("holds no plain numbers: it must be of float16, float32 or float64".into()))?;
        let list = field("shape").and_then(|s| s.strip_prefix('(')?.split(')').next());
        let sizes = list.map(|s| s.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::parse).collect());
        let Some(Ok(shape)) = sizes else { return Err(bad(format!("has a header without a shape ({header})"))) };
        if field("fortran_order").is_some_and(|o| o.starts_with("True")) {
            return Err(bad("is in Fortran order: it must be row-major (save numpy.ascontiguousarray of it)".into()));
        }
        Ok(Self { dtype: dtype.to_owned(), shape, rest: file })
    }

    /// The safetensors name of the element type.
    pub fn element(&self, path: &Path) -> Outcome<(&'static str, usize)> {
        let known = [("f2", "F16", 2), ("f4", "F32", 4), ("f8", "F64", 8)];
        let found = known.iter().find(|(npy, ..)| self.dtype.trim_start_matches(['<', '|', '=']) == *npy);
        found.map(|(_, name, size)| (*name, *size)).ok_or_else(|| {
            let expected = "little-endian float16, float32 or float64";
            Failure::in_file(path, format!("is of {}: it must be {expected}", self.dtype))
        })
    }

    /// All elements of `size` bytes each.
    pub fn bytes(mut self, size: usize, path: &Path) -> Outcome<Vec<u8>> {
        let needed = self.shape.iter().try_fold(size, |n: usize, s| n.checked_mul(*s));
        let mut bytes = vec![];
        self.rest.read_to_end(&mut bytes).map_err(|e| Failure::in_file(path, format!("cannot be read ({e})")))?;
        if needed != Some(bytes.len()) {
            let what = format!("has {} bytes of elements for {:?} of {}", bytes.len(), self.shape, self.dtype);
            return Err(Failure::in_file(path, format!("{what}: it must be a whole .npy file")));
        }
        Ok(bytes)
    }

    /// All elements as whole numbers, for labels.
    pub fn integers(self, path: &Path) -> Outcome<Vec<i32>> {
        let kind = self.dtype.trim_start_matches(['<', '|', '=']).to_owned();
        if !["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"].contains(&kind.as_str()) {
            return Err(Failure::in_file(path, format!("is of {:?}: labels must be whole numbers", self.dtype)));
        }
        let size = usize::from(kind.as_bytes()[1] - b'0');
        let bytes = self.bytes(size, path)?;
        let value = |b: &[u8]| {
            let fill = if kind.starts_with('i') && b[b.len() - 1] > 127 { 255 } else { 0 };
            let mut wide = [fill; 8];
            wide[..b.len()].copy_from_slice(b);
            i32::try_from(i64::from_le_bytes(wide))
        };
        let all = bytes.chunks_exact(size).map(value).collect::<Result<_, _>>();
        all.map_err(|_| Failure::in_file(path, "has labels above 2147483647: they must count from 0"))
    }
}
