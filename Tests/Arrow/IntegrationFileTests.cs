using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>
/// Goal: the files that the Arrow project keeps for testing implementations against each other are read with every value right,
/// and what is written from them says the same.
/// </summary>
public sealed class IntegrationFileTests
{
    public static TheoryData<string> Supported =>
    [
        "binary", "binary_view", "list_view", "run_end_encoded", "binary_no_batches", "binary_zerolength", "custom_metadata", "datetime", "decimal", "decimal256", "decimal32", "decimal64",
        "dictionary", "dictionary_unsigned", "duplicate_fieldnames", "duration", "extension", "interval", "interval_mdn", "large_binary",
        "map", "map_non_canonical", "nested", "nested_dictionary", "nested_large_offsets", "null", "null_trivial", "primitive",
        "primitive_no_batches", "primitive_zerolength", "recursive_nested", "union",
    ];

    [Fact]
    public void Folder_EveryFile_IsListedHere()
    {
        var names = Directory.GetFiles(Requires.Shared("data", "arrow", "cpp-21.0.0"), "*.stream")
            .Select(path => Path.GetFileNameWithoutExtension(path)["generated_".Length..]).Order(StringComparer.Ordinal);
        Assert.Equal(Supported.Select(row => row.Data).Order(StringComparer.Ordinal), names);
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
        using (var copy = new ArrowStreamReader(IpcBytes.WriteStream(schema, null, batches)))
        {
            Assert.Equal(schema, copy.ReadSchema());
            var copies = ReadAll(copy);
            AssertBatches(json, copies);
            DisposeAll(copies);
        }

        using (var file = ArrowFileReader.Open(IpcBytes.WriteFile(schema, batches)))
        {
            for (var i = 0; i < file.BatchCount; i++)
            {
                using var batch = file.ReadBatch(i);
                json.AssertBatch(i, batch);
            }
        }

        DisposeAll(batches);
    }

    [Theory]
    [InlineData("lz4")]
    [InlineData("zstd")]
    [InlineData("uncompressible_lz4")]
    [InlineData("uncompressible_zstd")]
    public void Compressed_StreamAndFile_HaveTheValuesOfTheirJson(string name)
    {
        var folder = Requires.Shared("data", "arrow", "2.0.0-compression");
        using var json = IntegrationJson.Open(Path.Combine(folder, $"generated_{name}.json.gz"));
        var allocator = new CountingAllocator();
        using (var stream = new ArrowStreamReader(File.OpenRead(Path.Combine(folder, $"generated_{name}.stream")), new IpcReadOptions { Allocator = allocator }))
        {
            Assert.Equal(json.ReadSchema(), stream.ReadSchema());
            var batches = ReadAll(stream);
            AssertBatches(json, batches);
            DisposeAll(batches);
        }

        using (var file = ArrowFileReader.Open(Path.Combine(folder, $"generated_{name}.arrow_file"), new IpcReadOptions { Allocator = allocator }))
        {
            for (var i = 0; i < file.BatchCount; i++)
            {
                using var batch = file.ReadBatch(i);
                json.AssertBatch(i, batch);
            }
        }

        Assert.Equal(0, allocator.LiveBuffers);
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
