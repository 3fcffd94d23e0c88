using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>
/// Goal: the files that the Arrow project keeps for testing implementations against each other are read with every value right,
/// and what is written from them says the same. A kind that is not supported yet is listed here, so the list can only shrink.
/// </summary>
public sealed class IntegrationFileTests
{
    private static readonly string[] NotSupported = ["binary_view", "list_view", "run_end_encoded"];

    private static readonly string[] NotSupportedCompression = ["lz4", "zstd"];

    public static TheoryData<string> Supported =>
    [
        "binary", "binary_no_batches", "binary_zerolength", "custom_metadata", "datetime", "decimal", "decimal256", "decimal32", "decimal64",
        "dictionary", "dictionary_unsigned", "duplicate_fieldnames", "duration", "extension", "interval", "interval_mdn", "large_binary",
        "map", "map_non_canonical", "nested", "nested_dictionary", "nested_large_offsets", "null", "null_trivial", "primitive",
        "primitive_no_batches", "primitive_zerolength", "recursive_nested", "union",
    ];

    [Fact]
    public void Folder_EveryFile_IsListedHere()
    {
        var names = Directory.GetFiles(Requires.Shared("data", "arrow", "cpp-21.0.0"), "*.stream")
            .Select(path => Path.GetFileNameWithoutExtension(path)["generated_".Length..]).Order(StringComparer.Ordinal);
        Assert.Equal(Supported.Select(row => row.Data).Concat(NotSupported).Order(StringComparer.Ordinal), names);
    }

    [Theory]
    [MemberData(nameof(Supported))]
    public void Stream_OfAnotherImplementation_HasTheValuesOfItsJson(string name)
    {
        var allocator = new CountingAllocator();
        using (var json = Open(name))
        {
            using var reader = new ArrowStreamReader(File.OpenRead(PathOf(name, "stream")), new IpcReadOptions { Allocator = allocator });
            Assert.Equal(json.ReadSchema(), reader.ReadSchema());
            var batches = ReadAll(reader);
            AssertBatches(json, batches);
            DisposeAll(batches);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Theory]
    [MemberData(nameof(Supported))]
    public void File_OfAnotherImplementation_HasTheValuesOfItsJson(string name)
    {
        using var json = Open(name);
        using var reader = ArrowFileReader.Open(PathOf(name, "arrow_file"));
        Assert.Equal(json.ReadSchema(), reader.Schema);
        Assert.Equal(json.BatchCount, reader.BatchCount);
        for (var i = reader.BatchCount - 1; i >= 0; i--)
        {
            using var batch = reader.ReadBatch(i);
            json.AssertBatch(i, batch);
        }
    }

    [Theory]
    [MemberData(nameof(Supported))]
    public void Stream_WrittenAgain_HasTheValuesOfTheJson(string name)
    {
        using var json = Open(name);
        using var original = new ArrowStreamReader(File.OpenRead(PathOf(name, "stream")));
        var schema = original.ReadSchema();
        var batches = ReadAll(original);
        using (var copy = new ArrowStreamReader(IpcTests.WriteStream(schema, null, batches)))
        {
            Assert.Equal(schema, copy.ReadSchema());
            var copies = ReadAll(copy);
            AssertBatches(json, copies);
            DisposeAll(copies);
        }

        using (var file = ArrowFileReader.Open(IpcTests.WriteFile(schema, batches)))
        {
            for (var i = 0; i < file.BatchCount; i++)
            {
                using var batch = file.ReadBatch(i);
                json.AssertBatch(i, batch);
            }
        }

        DisposeAll(batches);
    }

    [Fact]
    public void KindsNotSupportedYet_AreRefusedByName()
    {
        foreach (var name in NotSupported)
        {
            using var reader = new ArrowStreamReader(File.OpenRead(PathOf(name, "stream")));
            Assert.Contains("not supported", Assert.Throws<ArrowFormatException>(() => reader.ReadSchema()).Message, StringComparison.Ordinal);
            Assert.Throws<ArrowFormatException>(() => ArrowFileReader.Open(PathOf(name, "arrow_file")));
        }
    }

    [Fact]
    public void CompressionNotSupportedYet_IsRefusedByTheCodecsName()
    {
        foreach (var codec in NotSupportedCompression)
        {
            var path = Path.Combine(Requires.Shared("data", "arrow", "2.0.0-compression"), $"generated_{codec}.stream");
            using var reader = new ArrowStreamReader(File.OpenRead(path));
            Assert.Contains(codec, Assert.Throws<ArrowFormatException>(() => reader.ReadNext()).Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static IntegrationJson Open(string name) => IntegrationJson.Open(PathOf(name, "json.gz"));

    private static string PathOf(string name, string extension) =>
        Path.Combine(Requires.Shared("data", "arrow", "cpp-21.0.0"), $"generated_{name}.{extension}");

    private static RecordBatch[] ReadAll(ArrowStreamReader reader)
    {
        var batches = new List<RecordBatch>();
        while (reader.ReadNext() is { } batch)
        {
            batches.Add(batch);
        }

        return [.. batches];
    }

    private static void AssertBatches(IntegrationJson json, RecordBatch[] batches)
    {
        Assert.Equal(json.BatchCount, batches.Length);
        for (var i = 0; i < batches.Length; i++)
        {
            json.AssertBatch(i, batches[i]);
        }
    }

    private static void DisposeAll(RecordBatch[] batches)
    {
        foreach (var batch in batches)
        {
            batch.Dispose();
        }
    }
}
