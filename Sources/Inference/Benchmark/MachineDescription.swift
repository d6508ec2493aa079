import CPlatform
import FileSystem
import SystemPackage
import TextFormats

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The machine that figures were measured on; without it they mean nothing.
public struct MachineDescription: Sendable, Equatable {
    /// The processor's name.
    public let processor: String
    /// How many cores there are.
    public let cores: Int
    /// How many bytes of memory there are.
    public let memory: UInt64
    /// The operating system and its version.
    public let system: String

    /// This machine.
    public init() {
        var names = utsname()
        uname(&names)
        func text(_ field: some Any) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        system = "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))"
        cores = availableCores
        memory = UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
        processor = Self.processorName ?? text(names.machine)
    }

    private static var processorName: String? {
        #if os(Linux)
            guard let bytes = try? FilePath("/proc/cpuinfo").contents() else { return nil }
            for line in bytes.split(separator: 0x0a) where line.starts(with: "model name".utf8) {
                let value = line.split(separator: UInt8(ascii: ":"), maxSplits: 1).last ?? []
                return String(decoding: value.drop { $0 == 0x20 }, as: UTF8.self)
            }
            return nil
        #else
            var length = 0
            guard sysctlbyname("machdep.cpu.brand_string", nil, &length, nil, 0) == 0 else { return nil }
            var bytes = [UInt8](repeating: 0, count: length)
            guard sysctlbyname("machdep.cpu.brand_string", &bytes, &length, nil, 0) == 0 else { return nil }
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        #endif
    }

    /// For scripts.
    package var json: JSONObject {
        var object = JSONObject()
        object["processor"] = .string(processor)
        object["cores"] = JSON(cores)
        object["memory"] = JSON(memory)
        object["system"] = .string(system)
        return object
    }
}

/// How much memory the program holds.
enum ProcessMemory {
    /// How many bytes more than before the work the program held at most; `nil` where the system does not tell.
    static func peak(of work: () throws -> Void) rethrows -> UInt64? {
        #if os(Linux)
            // What was freed before goes back to the system, so that it is not counted as used now; then the peak begins anew.
            vintage_return_memory()
            let isReset = (try? FilePath("/proc/self/clear_refs").write("5")) != nil
            let before = value("VmRSS:")
            try work()
            guard isReset, let before, let after = value("VmHWM:") else { return nil }
            return after > before ? after - before : 0
        #else
            try work()
            return nil
        #endif
    }

    #if os(Linux)
        private static func value(_ key: String) -> UInt64? {
            guard let bytes = try? FilePath("/proc/self/status").contents() else { return nil }
            for line in bytes.split(separator: 0x0a) where line.starts(with: key.utf8) {
                let digits = line.drop { !(0x30...0x39).contains($0) }.prefix { (0x30...0x39).contains($0) }
                return UInt64(String(decoding: digits, as: UTF8.self)).map { $0 * 1024 }
            }
            return nil
        }
    #endif
}

extension FilePath {
    /// Writes into a file of the system, which cannot be replaced.
    fileprivate func write(_ text: String) throws {
        let file = try FileDescriptor.open(self, .writeOnly)
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }
}
