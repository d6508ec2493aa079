import FileSystem
import TextFormats

/// A folder as DVC's cache has it: a list of paths and MD5s, in JSON.
///
///     [{"md5": "60b725f10c9c85c70d97880dfe8191b3", "relpath": "2013/01.csv"}]
struct DVCListing {
    /// A file in the folder.
    struct File: Hashable {
        let path: RelativePath
        let hash: DVCHash
        var isExecutable = false
    }

    var files: [File]

    /// Why bytes are no listing, as the end of a sentence.
    struct Failure: Error {
        let reason: String
    }

    init(files: [File]) { self.files = files }

    /// Reads a listing.
    ///
    /// - Parameter isPlain: whether the hashes in it are those of DVC 3.
    init(parsing bytes: [UInt8], isPlain: Bool) throws(Failure) {
        let json: JSON
        do throws(JSONSyntaxError) {
            json = try JSON(parsing: bytes)
        } catch {
            throw Failure(reason: error.description)
        }
        guard let entries = json.elements else { throw Failure(reason: "it is no array") }
        files = []
        for entry in entries {
            guard let text = entry["relpath"].string, let hash = entry["md5"].string else {
                throw Failure(reason: "an entry has no 'relpath' or 'md5'")
            }
            guard let hash = DVCHash(hash, isPlain: isPlain), !hash.isFolder else {
                throw Failure(reason: "'\(hash)' is no MD5 of a file")
            }
            let path: RelativePath
            do throws(InvalidPath) {
                path = try RelativePath(text)
            } catch {
                throw Failure(reason: error.description)
            }
            if path.isRoot { throw Failure(reason: "an entry has no name") }
            files.append(File(path: path, hash: hash, isExecutable: entry["isexec"].isTrue))
        }
        files.sort { $0.path < $1.path }
        for (file, next) in zip(files, files.dropFirst()) where file.path.contains(next.path) {
            throw Failure(reason: "\(next.path) stands there twice, or in a file")
        }
    }

    /// The bytes as Python's `json.dumps` gives them, so that DVC finds the same hash for the same folder.
    func encoded() -> [UInt8] {
        let sorted = files.sorted { $0.path.bytes.lexicographicallyPrecedes($1.path.bytes) }
        let entries = sorted.map { file in
            let path = String(decoding: file.path.bytes, as: UTF8.self)
            return "{\"md5\": \"\(file.hash.text)\", \"relpath\": \(Self.quoted(path))}"
        }
        return Array("[\(entries.joined(separator: ", "))]".utf8)
    }

    /// A text in quotes, with ASCII only.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: quoted += "\\\""
            case 0x5c: quoted += "\\\\"
            case 0x0a: quoted += "\\n"
            case 0x0d: quoted += "\\r"
            case 0x09: quoted += "\\t"
            case 0x08: quoted += "\\b"
            case 0x0c: quoted += "\\f"
            case 0x20...0x7e: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return quoted + "\""
    }
}
