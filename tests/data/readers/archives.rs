//! Zip and tar: everything that lies, leads outside or explodes is refused.

use plateau::data::read_blobs;

use super::{Folder, blobs, images, peak_memory, read, refusal};
use crate::support::write::{Member, chunk, cifar, gzip, idx, npy, png_image, tar, tar_entry, zip};

fn records() -> Vec<u8> {
    cifar(&[&[1], &[2]], 0)
}

fn good() -> [Member; 2] {
    [
        Member::stored("c/data_batch_1.bin", &records()),
        Member::deflated("c/test_batch.bin", &records()),
    ]
}

#[test]
fn stored_and_deflated_members_are_read() {
    let loaded = read(&[("c.zip", &zip(&good()))]);
    assert_eq!(loaded.format, "CIFAR-10 binary in zip");
    assert_eq!(loaded.parts, [2, 0, 2]);
    assert_eq!(loaded.dataset.images, images(0..2, [3, 32, 32]).repeat(2));
}

#[test]
fn gzipped_files_in_a_zip_and_an_npz_in_a_tar_are_read() {
    let pictures = idx(8, &[2, 2, 2], &images(0..2, [1, 2, 2]));
    let labels = idx(8, &[2], &[0, 1]);
    let members = [
        Member::stored("gzip/images.gz", &gzip(&pictures)),
        Member::deflated("gzip/labels.gz", &gzip(&labels)),
    ];
    assert_eq!(read(&[("gzip.zip", &zip(&members))]).format, "IDX in zip");
    let npz = zip(&[
        Member::deflated(
            "images.npy",
            &npy(1, "'|u1'", false, "(2, 2, 2)", &images(0..2, [1, 2, 2])),
        ),
        Member::deflated("labels.npy", &npy(1, "'|u1'", false, "(2,)", &[0, 1])),
    ]);
    for (outer, format) in [
        (gzip(&tar(&[("m.npz", &npz)])), "NPZ in tar.gz"),
        (zip(&[Member::deflated("m.npz", &npz)]), "NPZ in zip"),
        (gzip(&npz), "NPZ"),
    ] {
        let loaded = read(&[("outer", &outer), ("README.txt", b"text")]);
        assert_eq!(loaded.format, format);
        assert_eq!(loaded.dataset.images, images(0..2, [1, 2, 2]));
    }
}

#[test]
fn archives_inside_each_other_come_to_an_end() {
    let mut archive = zip(&good());
    for _ in 0..3 {
        archive = zip(&[Member::stored("inner.zip", &archive)]);
    }
    assert!(refusal(&[("x", &archive)]).contains("too many archives inside each other"));
    let message = refusal(&[("a.zip", &zip(&good())), ("b.zip", &zip(&good()))]);
    assert!(
        message.contains("it holds a.zip, b.zip and no other data"),
        "{message}"
    );
}

#[test]
fn names_that_lead_outside_are_refused() {
    let long = "x".repeat(1025);
    for (name, why) in [
        ("../x.bin", "leads outside"),
        ("c/../../x.bin", "leads outside"),
        ("..\\x.bin", "leads outside"),
        ("a\u{1b}[2J/../x.bin", "leads outside"),
        (long.as_str(), "is too long"),
    ] {
        let mut members = good();
        members[1].name = name.to_owned();
        let message = refusal(&[("c.zip", &zip(&members))]);
        assert!(
            message.starts_with("c.zip, byte ") && message.contains(why),
            "{message}"
        );
        assert!(!message.contains('\u{1b}'));
        if name.len() <= 100 {
            let message =
                refusal(&[("c.tar", &tar(&[("ok.bin", &records()), (name, &records())]))]);
            assert!(
                message.starts_with("c.tar, byte ") && message.contains(why),
                "{message}"
            );
        }
        let blobs = blobs(&[(name, &records())]);
        assert!(
            read_blobs("b", blobs, &mut |_, _| ())
                .unwrap_err()
                .to_string()
                .contains(why)
        );
    }
}

#[test]
fn links_and_special_files_are_refused() {
    for mode in [0o120_777, 0o020_644, 0o010_644] {
        let mut members = good();
        members[1].mode = mode;
        let message = refusal(&[("c.zip", &zip(&members))]);
        assert!(message.contains("is a link or no plain file"), "{message}");
    }
    for kind in *b"12346S" {
        let mut bytes = tar_entry(b'0', "data.bin", "", &records());
        let link = tar_entry(kind, "passwd", "/etc/passwd", b"");
        let at = bytes.len();
        bytes.extend(link);
        bytes.extend([0; 1024]);
        let message = refusal(&[("c.tar", &bytes)]);
        assert_eq!(
            message,
            format!("c.tar, byte {at}: 'passwd' is a link or no plain file: refused")
        );
    }
}

#[test]
fn a_zip_that_lies_about_a_member_is_refused() {
    type Change = fn(&mut Member);
    let change: [(Change, &str); 8] = [
        (|member| member.crc ^= 1, "checksum"),
        (|member| member.size -= 1, "more bytes than the zip states"),
        (|member| member.size += 1, "inside a record"),
        (
            |member| member.size += 3073,
            "fewer bytes than the zip states",
        ),
        (|member| member.flags |= 1, "is encrypted"),
        (|member| member.method = 12, "compressed by method 12"),
        (
            |member| member.name = "c/data_batch_1.bin".into(),
            "occurs twice",
        ),
        (
            |member| member.packed.truncate(5),
            "c/test_batch.bin, byte ",
        ),
    ];
    for (change, why) in change {
        let mut members = good();
        change(&mut members[1]);
        let message = refusal(&[("c.zip", &zip(&members))]);
        assert!(message.contains(why), "{why}: {message}");
    }
    let mut members = good();
    members[0].size += 3073;
    assert!(refusal(&[("c.zip", &zip(&members))]).contains("its two sizes differ"));
    // A directory that points somewhere else.
    let mut bytes = zip(&good());
    let end = bytes.len() - 22;
    for (at, why) in [
        (16, "damaged here"),
        (12, "ends inside the zip's directory"),
        (19, "lies outside the file"),
    ] {
        let mut bytes = bytes.clone();
        bytes[end + at] = bytes[end + at].wrapping_sub(1);
        let message = refusal(&[("c.zip", &bytes)]);
        assert!(message.contains(why), "{message}");
    }
    bytes[0] = b'X';
    assert!(!refusal(&[("c.zip", &bytes)]).is_empty());
}

#[test]
fn a_zip_with_wide_numbers_is_read_and_a_lying_one_is_not() {
    // The end records as zip64 has them: real numbers in the wide record, all ones in the old one.
    let plain = zip(&good());
    let end = plain.len() - 22;
    let start = u32::from_le_bytes(plain[end + 16..end + 20].try_into().unwrap());
    let wide = |entries: u64, length: u64, start: u64| {
        let mut bytes = plain[..end].to_vec();
        let position = bytes.len() as u64;
        bytes.extend(b"PK\x06\x06");
        bytes.extend(44u64.to_le_bytes());
        bytes.extend([45, 0, 45, 0]);
        bytes.extend([0; 8]);
        for number in [entries, entries, length, start] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(b"PK\x06\x07");
        bytes.extend([0; 4]);
        bytes.extend(position.to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.extend(b"PK\x05\x06");
        bytes.extend([0; 4]);
        bytes.extend([0xff; 12]);
        bytes.extend([0; 2]);
        bytes
    };
    let length = end as u64 - u64::from(start);
    assert_eq!(
        read(&[("c", &wide(2, length, u64::from(start)))]).parts,
        [2, 0, 2]
    );
    for (entries, length, start) in [
        (u64::MAX, length, u64::from(start)),
        (2, u64::MAX, u64::from(start)),
        (2, length, u64::MAX),
        (3, length, u64::from(start)),
    ] {
        refusal(&[("c", &wide(entries, length, start))]);
    }
}

#[test]
fn bombs_are_refused_before_they_take_memory() {
    let folder = Folder::new("bombs");
    // Many gzip members one behind the other unpack to their sum: 1,024 times 1 MB of zeros.
    let bomb = gzip(&[0; 1 << 20]).repeat(1024);
    folder.write(
        "images.gz",
        &[gzip(&idx(8, &[1 << 20, 1, 1023], &[])), bomb.clone()].concat(),
    );
    folder.write("labels", &idx(8, &[1 << 20], &[]));
    let before = peak_memory();
    let tarred = [gzip(&tar_entry(b'0', "data.bin", "", &[])), bomb.clone()].concat();
    let message = refusal(&[("c.tar.gz", &tarred)]);
    assert!(message.contains("decompression bomb"), "{message}");
    let message = plateau::data::Dataset::load(folder.path())
        .unwrap_err()
        .to_string();
    assert!(message.contains("decompression bomb"), "{message}");
    // A zip that admits it, one that shares one packed member among many entries, and one that does not admit it.
    let honest = Member {
        size: 1 << 30,
        ..Member::deflated("images.npy", &[0; 1 << 20])
    };
    let shared = Member::deflated("x.npy", &[0; 1 << 20]);
    let many: Vec<Member> = (0..200)
        .map(|at| Member {
            name: format!("{at}.npy"),
            ..shared.clone()
        })
        .collect();
    for members in [vec![honest], many] {
        let message = refusal(&[("m.npz", &zip(&members))]);
        assert!(message.contains("decompression bomb"), "{message}");
    }
    let array = npy(1, "'|u1'", false, "(8, 1024, 1024)", &[0; 8 << 20]);
    let silent = Member {
        size: 20_000,
        ..Member::deflated("images.npy", &array)
    };
    assert!(!refusal(&[("m.npz", &zip(&[silent]))]).is_empty());
    // A picture that unpacks to 8,192×8,192 zeros, and one that says it is larger.
    for side in [8192u32, 60_000] {
        let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(
            &mut picture,
            b"IHDR",
            &[side.to_be_bytes(), side.to_be_bytes()]
                .concat()
                .into_iter()
                .chain([8, 2, 0, 0, 0])
                .collect::<Vec<u8>>(),
        );
        chunk(&mut picture, b"IDAT", &[0x78, 0x9c]);
        chunk(&mut picture, b"IEND", &[]);
        let message = refusal(&[("a/0.png", &picture), ("b/0.png", &png_image(0, 3, 2, 2))]);
        assert!(message.starts_with("a/0.png, byte 0: "), "{message}");
    }
    let grown = peak_memory() - before;
    assert!(grown < 64 << 20, "{grown} bytes");
}

#[test]
fn a_damaged_tar_is_named_with_its_position() {
    let bytes = tar(&[("a.bin", &records()), ("b.bin", &records())]);
    let second = 512 + records().len().next_multiple_of(512);
    let mut wrong = bytes.clone();
    wrong[second] ^= 1;
    assert_eq!(
        refusal(&[("c.tar", &wrong)]),
        format!("c.tar, byte {second}: a header's checksum is wrong: the tar is damaged")
    );
    assert_eq!(
        refusal(&[("c.tar", &bytes[..second])]),
        format!("c.tar, byte {second}: the tar ends without its end mark: it is cut short")
    );
    assert_eq!(
        refusal(&[("c.tar", &bytes[..second - 512])]),
        "c.tar, byte 0: the tar ends inside a file: it is cut short"
    );
    // Extended headers that are too long, or no records at all.
    for (kind, content) in [
        (b'x', b"nonsense".to_vec()),
        (b'x', b"99 path=a\n".to_vec()),
        (b'L', vec![b'a'; 70_000]),
    ] {
        let mut long = tar_entry(kind, "ext", "", &content);
        long.extend(&bytes);
        assert!(refusal(&[("c.tar", &long)]).contains("extended header"));
    }
}
