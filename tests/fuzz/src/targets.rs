//! What is fuzzed: each target takes any bytes and must neither panic nor take long. Where a parser accepts, what it read must
//! hold together. A target says whether anything was accepted. Shared by the fuzz targets and tests/fuzz/smoke.rs.

use plateau::app::Fragment;
use plateau::data::{Dataset, Options, read_blobs, short_name};
use plateau::landscape::Table;
use plateau::record::read_lines;
use plateau::session::{Checkpoint, RunConfig, Timed, differences};
use plateau::space::{Genotype, GenotypeError};
use sha2::{Digest, Sha256};

/// A target by name.
pub type Target = (&'static str, fn(&[u8]) -> bool);

/// All targets; each has its seeds in `corpus/NAME`.
pub const TARGETS: [Target; 18] = [
    ("genotype_json", genotype_json),
    ("genotype_python", genotype_python),
    ("genotype_nb201", genotype_nb201),
    ("genotype_compact", genotype_compact),
    ("genotype_text", genotype_text),
    ("table", table),
    ("data_file", data_file),
    ("data_cifar", data_cifar),
    ("data_idx", data_idx),
    ("data_npy", data_npy),
    ("data_image", data_image),
    ("data_zip", data_zip),
    ("data_tar", data_tar),
    ("data_name", data_name),
    ("run_config", run_config),
    ("event_lines", event_lines),
    ("checkpoint", checkpoint),
    ("link", link),
];

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// A genotype that was read must come back from every form that it has.
fn round_trip(read: Result<Genotype, GenotypeError>) -> bool {
    let Ok(genotype) = read else {
        return false;
    };
    for text in [genotype.to_json(), genotype.to_text()] {
        assert_eq!(Genotype::parse(&text).as_ref(), Ok(&genotype));
    }
    let _drawn = genotype.draw();
    true
}

pub fn genotype_json(bytes: &[u8]) -> bool {
    round_trip(Genotype::from_json(text(bytes))) | round_trip(Genotype::parse(text(bytes)))
}

pub fn genotype_python(bytes: &[u8]) -> bool {
    round_trip(Genotype::from_python(text(bytes)))
}

pub fn genotype_nb201(bytes: &[u8]) -> bool {
    round_trip(Genotype::from_nb201_string(text(bytes)))
}

/// The form of links.
pub fn genotype_compact(bytes: &[u8]) -> bool {
    let Ok(genotype) = Genotype::from_compact(text(bytes)) else {
        return false;
    };
    assert_eq!(
        Genotype::from_compact(&genotype.to_compact()).as_ref(),
        Ok(&genotype)
    );
    round_trip(Ok(genotype))
}

/// What a person pastes: a log, a Python file, with or without the name of one of several.
pub fn genotype_text(bytes: &[u8]) -> bool {
    let mut read = Genotype::read(bytes, None);
    if let Err(GenotypeError::Several(names)) = &read {
        read = Genotype::read(bytes, Some(&names[0].0));
        assert!(!matches!(
            read,
            Err(GenotypeError::Several(_) | GenotypeError::NoSuchName { .. })
        ));
    }
    if let Err(error) = &read {
        assert_eq!(error.to_string().lines().count(), 1);
    }
    round_trip(read.map(|reading| reading.genotype))
}

pub fn table(bytes: &[u8]) -> bool {
    let Ok(table) = Table::from_bytes(bytes) else {
        return false;
    };
    assert_eq!(Table::parse(&table.to_csv()).as_ref(), Ok(&table));
    true
}

/// What was read holds together; what was refused is refused in one line.
fn check(name: &str, files: Vec<(String, Vec<u8>)>) -> bool {
    match read_blobs(name, files, &mut |done, total| assert!(done <= total)) {
        Ok(loaded) => {
            loaded.dataset.check().unwrap();
            assert_eq!(loaded.parts.iter().sum::<usize>(), loaded.dataset.len());
            true
        }
        Err(error) => {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            false
        }
    }
}

/// One file of any kind.
pub fn data_file(bytes: &[u8]) -> bool {
    check("data", vec![("data".into(), bytes.to_vec())])
}

/// Records in a file named for each variant, and class names from the first bytes.
pub fn data_cifar(bytes: &[u8]) -> bool {
    let mut accepted = false;
    for name in ["data_batch_1.bin", "train.bin"] {
        let names = bytes.iter().take(128).copied().collect();
        accepted |= check(
            "data#coarse",
            vec![
                (name.into(), bytes.to_vec()),
                ("coarse_label_names.txt".into(), names),
            ],
        );
        accepted |= check("data", vec![(name.into(), bytes.to_vec())]);
    }
    accepted
}

/// Labels, as many bytes as the first one says, then images; once more with the last 24 bytes as a mapping.
pub fn data_idx(bytes: &[u8]) -> bool {
    let Some((&length, rest)) = bytes.split_first() else {
        return false;
    };
    let (labels, images) = rest.split_at(usize::from(length).min(rest.len()));
    let files = |images: &[u8]| {
        vec![
            ("emnist-train-labels".to_owned(), labels.to_vec()),
            ("emnist-train-images".to_owned(), images.to_vec()),
        ]
    };
    let (cut, mapping) = images.split_at(images.len().saturating_sub(24));
    let mut mapped = files(cut);
    mapped.push(("emnist-mapping.txt".to_owned(), mapping.to_vec()));
    check("data", files(images)) | check("data", mapped)
}

/// Labels, as many bytes as the first one says, then images, as they are and at another size.
pub fn data_npy(bytes: &[u8]) -> bool {
    let Some((&length, rest)) = bytes.split_first() else {
        return false;
    };
    let (labels, images) = rest.split_at(usize::from(length).min(rest.len()));
    let files = || {
        vec![
            ("train_labels.npy".into(), labels.to_vec()),
            ("train_images.npy".into(), images.to_vec()),
        ]
    };
    check("data", files()) | check("data#size=3x5,grey", files())
}

/// A picture of two classes, resized and as it is.
pub fn data_image(bytes: &[u8]) -> bool {
    let files = || ["a/0.png", "b/0.png"].map(|name| (name.to_owned(), bytes.to_vec()));
    check("data#size=4", files().into()) | check("data#grey", files().into())
}

/// A zip, of which the fuzzer may change everything but the checksums in its way: they are set right first.
pub fn data_zip(bytes: &[u8]) -> bool {
    let mut repaired = bytes.to_vec();
    repair_zip(&mut repaired);
    check("data", vec![("data.zip".into(), bytes.to_vec())])
        | check("data", vec![("data.zip".into(), repaired)])
}

/// Writes the checksum of each stored member into its directory entry.
fn repair_zip(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize| {
        u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
    };
    for at in 0..bytes.len().saturating_sub(46) {
        if !bytes[at..].starts_with(b"PK\x01\x02") {
            continue;
        }
        let (size, local) = (number(bytes, at + 24), number(bytes, at + 42));
        let Some(header) = bytes.get(local..).filter(|header| header.len() >= 30) else {
            continue;
        };
        let names = usize::from(header[26]) + 256 * usize::from(header[27]);
        let start = local + 30 + names;
        if let Some(content) = start
            .checked_add(size)
            .and_then(|end| bytes.get(start..end))
        {
            let mut crc = flate2::Crc::new();
            crc.update(content);
            bytes[at + 16..at + 20].copy_from_slice(&crc.sum().to_le_bytes());
        }
    }
}

/// A tar; checksums are set right first.
pub fn data_tar(bytes: &[u8]) -> bool {
    let mut repaired = bytes.to_vec();
    for header in repaired.chunks_exact_mut(512) {
        if &header[257..262] == b"ustar" {
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    check("data", vec![("data.tar".into(), repaired)])
}

/// The name of a data set with its options, and the name of a file.
pub fn data_name(bytes: &[u8]) -> bool {
    let name = text(bytes);
    assert!(!short_name(name).is_empty());
    let _set = Dataset::from_files(name, vec![(name.to_owned(), b"x".to_vec())]);
    Options::split(name).is_ok()
}

/// A configuration that is read comes back from its own text, and is one that may run or is refused in one line.
pub fn run_config(bytes: &[u8]) -> bool {
    let Ok(config) = serde_json::from_slice::<RunConfig>(bytes) else {
        return false;
    };
    let text = serde_json::to_vec(&config).unwrap();
    let again: RunConfig = serde_json::from_slice(&text).unwrap();
    assert_eq!(again, config);
    assert!(differences(&again, &config).is_empty());
    match config.check() {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            false
        }
    }
}

/// A file of events: what stands before the first damaged line comes back from its own text, and ends where it says.
pub fn event_lines(bytes: &[u8]) -> bool {
    let lines = read_lines(bytes).unwrap();
    assert_eq!(lines.events.len(), lines.ends.len());
    let end = lines.ends.last().copied().unwrap_or(0) as usize;
    let again = read_lines(&bytes[..end]).unwrap();
    assert_eq!(again.events, lines.events);
    assert_eq!(again.damage, None);
    for event in &lines.events {
        let text = serde_json::to_vec(event).unwrap();
        let again: Timed = serde_json::from_slice(&text).unwrap();
        assert_eq!(&again, event);
    }
    lines.damage.is_none() && !lines.events.is_empty()
}

/// A checkpoint, of which the fuzzer may change everything but the sum in its way: it is set right first.
pub fn checkpoint(bytes: &[u8]) -> bool {
    let mut repaired = bytes.to_vec();
    repair_sum(&mut repaired);
    let mut accepted = false;
    for bytes in [bytes, &repaired] {
        match Checkpoint::from_bytes(bytes) {
            Ok(read) => {
                let bytes = read.to_bytes().unwrap();
                let again = Checkpoint::from_bytes(&bytes).unwrap();
                // Also where a value is no number, which equals nothing.
                assert_eq!(again.to_bytes().unwrap(), bytes);
                accepted = true;
            }
            Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{error}"),
        }
    }
    accepted
}

/// Writes the sum of the file over the 64 digits after its first `sha256`, as the program that wrote it did.
fn repair_sum(bytes: &mut [u8]) {
    let key = br#"sha256\":\""#;
    let Some(found) = bytes.windows(key.len()).position(|window| window == key) else {
        return;
    };
    let place = found + key.len();
    if bytes.len() < place + 64 {
        return;
    }
    bytes[place..place + 64].fill(b'0');
    let sum: String = Sha256::digest(&*bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    bytes[place..place + 64].copy_from_slice(sum.as_bytes());
}

/// What follows `#` in a link.
pub fn link(bytes: &[u8]) -> bool {
    match Fragment::parse(text(bytes)) {
        Ok(fragment) => {
            assert_eq!(Fragment::parse(&fragment.to_text()).as_ref(), Ok(&fragment));
            !bytes.is_empty()
        }
        Err(message) => {
            assert_eq!(message.lines().count(), 1, "{message}");
            false
        }
    }
}
