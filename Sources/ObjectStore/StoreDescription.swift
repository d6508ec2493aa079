/// The text that says what a store is: its format's version and its chunking parameters, with a checksum.
///
///     vintage store 1
///     chunking fastcdc 32768 65536 262144
///     checksum 6b86b273ff34fce1…
struct StoreDescription {
    let parameters: ChunkingParameters

    init(parameters: ChunkingParameters) { self.parameters = parameters }

    func encoded() -> [UInt8] {
        let text =
            "vintage store 1\nchunking fastcdc \(parameters.minimum) \(parameters.average) \(parameters.maximum)\n"
        return Array(text.utf8) + Array("checksum \(ObjectID(of: Array(text.utf8)))\n".utf8)
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.first == "vintage store 1" else {
            throw DecodingFailure("it is not of version 1; use the version of vintage that made it")
        }
        let words = lines.count > 1 ? lines[1].split(separator: " ") : []
        guard words.count == 5, words[0] == "chunking", words[1] == "fastcdc", let minimum = Int(words[2]),
            let average = Int(words[3]), let maximum = Int(words[4]),
            let parameters = try? ChunkingParameters(minimum: minimum, average: average, maximum: maximum)
        else { throw DecodingFailure("its chunking parameters are damaged") }
        self.parameters = parameters
        guard encoded() == bytes else { throw DecodingFailure("its checksum does not match") }
    }
}
