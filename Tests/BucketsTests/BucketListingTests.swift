import Buckets
import Testing

@Suite("A list of a bucket")
struct BucketListingTests {
    private func listing(_ text: String) throws -> BucketListing {
        try BucketListing(Array(text.utf8), endpoint: "http://here")
    }

    @Test("has names and sizes, entities replaced, and what to go on with")
    func read() throws {
        let found = try listing(
            "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><KeyCount>2</KeyCount><Contents><Key>a&amp;lt;b</Key>"
                + "<Size>12</Size></Contents><Contents><Key>c</Key><Size>0</Size></Contents>"
                + "<IsTruncated>true</IsTruncated><NextContinuationToken>t=</NextContinuationToken></ListBucketResult>")
        #expect(found.objects.map(\.name) == ["a&lt;b", "c"] && found.objects.map(\.size) == [12, 0])
        #expect(found.continuation == "t=")
    }

    @Test(
        "is refused where it does not say what it must",
        arguments: [
            "", "<html>nothing</html>", "<IsTruncated>true</IsTruncated>",
            "<IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>",
            "<IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents>",
            "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>-1</Size></Contents>",
        ])
    func refused(_ text: String) { #expect(throws: BucketError.self) { try listing(text) } }
}
