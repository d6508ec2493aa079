import Foundation
import Learning
import LearningSupport
import PythonEnvironment
import TextFormats
import Testing

@Suite struct SafetensorsTests {
    private func asPythonReads(_ path: String) throws -> JSON {
        try JSON(parsing: Array(try PythonEnvironment.python("LearningTests/tensors.py", ["read", path]).utf8))
    }

    private func file(_ header: String, data: Int) -> [UInt8] {
        let text = Array(header.utf8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
            + [UInt8](repeating: 0, count: data)
    }

    private func problem(_ bytes: [UInt8]) -> SafetensorsError.Problem? {
        do {
            _ = try SafetensorsFile(parsing: bytes, name: "weights")
            return nil
        } catch {
            #expect(error.description.hasPrefix("weights is no file of tensors"))
            return error.problem
        }
    }

    // MARK: The Python package

    @Test("the Python package reads what is written, bit by bit")
    func pythonReads() throws {
        let scratch = try ScratchFolder()
        var writer = SafetensorsWriter(metadata: ["format": "vintage", "odd \"key\"": "a\nb\u{7f}"])
        writer.add("b", shape: [2, 3], [1, -2.5, Float(bitPattern: 214087), 0, -0.0, .greatestFiniteMagnitude])
        writer.add("a", shape: [], [7])
        writer.add("empty", shape: [3, 0], [])
        writer.add("wide", .int64, shape: [1], [1, 2, 3, 4, 5, 6, 7, 8])
        writer.add("narrow", .int8, shape: [3], [255, 0, 1])
        try scratch.write(writer.bytes(), to: "w.safetensors")
        let read = try asPythonReads(scratch.file("w.safetensors"))
        #expect(read["metadata"]["odd \"key\""].string == "a\nb\u{7f}")
        let found = read["tensors"]
        #expect(found["b"]["dtype"].string == "float32")
        #expect(found["b"]["shape"].elements?.compactMap(\.count) == [2, 3])
        #expect(found["b"]["bytes"].string == "0000803f000020c0474403000000000000000080ffff7f7f")
        #expect(found["a"]["shape"].elements?.count == 0)
        #expect(found["a"]["bytes"].string == "0000e040")
        #expect(found["empty"]["shape"].elements?.compactMap(\.count) == [3, 0])
        #expect(found["wide"]["bytes"].string == "0102030405060708")
        #expect(found["narrow"]["dtype"].string == "int8")
    }

    @Test("what the Python package writes is read, bit by bit")
    func pythonWrites() throws {
        let scratch = try ScratchFolder()
        try PythonEnvironment.python("LearningTests/tensors.py", ["write", scratch.file("p.safetensors")])
        let expected = try asPythonReads(scratch.file("p.safetensors"))
        let file = try SafetensorsFile(parsing: scratch.read("p.safetensors"), name: "p")
        #expect(file.metadata == ["format": "np", "quote\"": "line\nend"])
        #expect(file.tensors.count == 9)
        for tensor in file.tensors {
            let hex = try file.withBytes(of: tensor.name) { $0.map { String(format: "%02x", $0) }.joined() }
            #expect(hex == expected["tensors"][tensor.name]["bytes"].string, "\(tensor.name)")
            #expect(
                tensor.shape.map { UInt64($0) }
                    == expected["tensors"][tensor.name]["shape"].elements?.compactMap(\.count))
        }
        #expect(file["half"]?.type == .float16)
        #expect(try file.floats("layers.0.bias", shape: [3]) == [1.5, 0, Float(bitPattern: 2140872)])
    }

    @Test("tensors give the same bytes in whatever order they come, and each value lies at a multiple of its width")
    func orderDoesNotMatter() throws {
        var (one, other) = (SafetensorsWriter(), SafetensorsWriter())
        one.add("x", .uint8, shape: [3], [1, 2, 3])
        one.add("y", shape: [1], [4])
        other.add("y", shape: [1], [4])
        other.add("x", .uint8, shape: [3], [1, 2, 3])
        #expect(one.bytes() == other.bytes())
        let file = try SafetensorsFile(parsing: one.bytes(), name: "w")
        #expect(file["y"]?.bytes == 0..<4)
        #expect((one.bytes().count - 7) % 8 == 0)
    }

    // MARK: Hostile files

    @Test(
        "a file that both refuse",
        arguments: [
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#,
            #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[4,20]}}"#,
            #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}"#,
            #"{"a":{"dtype":"F32","shape":[3],"data_offsets":[12,0]}}"#,
            #"{"a":{"dtype":"F33","shape":[3],"data_offsets":[0,12]}}"#,
            #"{"a":{"dtype":"F32","shape":[-3],"data_offsets":[0,12]}}"#,
            #"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#,
            #"{"a":{"dtype":"F32","shape":[3]}}"#,
            #"[1,2]"#, #"{"a""#, "",
        ])
    func refusedByBoth(_ header: String) throws {
        let bytes = file(header, data: 12)
        #expect(problem(bytes) != nil)
        let scratch = try ScratchFolder()
        try scratch.write(bytes, to: "h.safetensors")
        try PythonEnvironment.python("LearningTests/tensors.py", ["refuse", scratch.file("h.safetensors")])
    }

    @Test("what is wrong is told")
    func reasons() {
        let a = #""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#
        #expect(
            problem(file("{\(a),\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", data: 12))
                == .overlap("a", "b"))
        #expect(
            problem(file("{\(a),\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[9,10]}}", data: 10))
                == .gap(before: "b"))
        #expect(problem(file("{\(a)}", data: 7)) == .truncatedData(size: 7, needed: 8))
        #expect(problem(file("{\(a)}", data: 9)) == .excessData(1))
        #expect(problem([1, 2, 3]) == .truncatedHeader(size: 3, needed: 8))
        #expect(problem([0xff, 0, 0, 0, 0, 0, 0, 0]) == .truncatedHeader(size: 8, needed: 263))
        #expect(problem([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) == .headerTooLarge(.max))
        #expect(problem([0, 0, 0, 0, 1, 0, 0, 0]) == .headerTooLarge(1 << 32))
        #expect(
            problem(file("{\(a),\(a.replacing("[0,8]", with: "[8,16]"))}", data: 16))
                == .malformedTensor("a", reason: "it is there twice"))
        #expect(
            problem(file(#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, data: 8))
                == .wrongSize("a", bytes: 8, expected: 12))
    }

    @Test("no cut and no flipped bit of a header is a crash, and every cut is refused")
    func damage() throws {
        var writer = SafetensorsWriter(metadata: ["k": "v"])
        writer.add("weight", shape: [2, 2], [1, 2, 3, 4])
        writer.add("bias", shape: [2], [5, 6])
        let bytes = writer.bytes()
        for end in 0..<bytes.count { #expect(problem(Array(bytes[..<end])) != nil) }
        for place in 0..<(bytes.count - 24) {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                guard let file = try? SafetensorsFile(parsing: damaged, name: "w") else { continue }
                for tensor in file.tensors { #expect(tensor.bytes.upperBound <= 24) }
            }
        }
    }

    @Test("values that are no finite numbers are refused unless they are allowed")
    func notFinite() throws {
        var writer = SafetensorsWriter()
        writer.add("w", shape: [3], [1, .nan, .infinity])
        let file = try SafetensorsFile(parsing: writer.bytes(), name: "w")
        #expect(throws: SafetensorsError(file: "w", problem: .notFinite("w", index: 1))) {
            try file.floats("w", shape: [3])
        }
        #expect(try file.floats("w", shape: [3], allowsNonFinite: true)[2] == .infinity)
        #expect(throws: SafetensorsError.self) { try file.floats("w", shape: [1, 3]) }
        #expect(throws: SafetensorsError(file: "w", problem: .noTensor("v"))) { try file.floats("v", shape: [3]) }
    }
}
