using System.Numerics;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Ipc;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: rows become records by name, tables hold batches together, and what does not fit says so in a sentence.</summary>
public sealed class RowsTests
{
    [Fact]
    public void Rows_EveryKindOfColumn_IsMapped()
    {
        var schema = new ArrowSchema(
            new("order_id", ArrowType.Int32, false), new("Name", ArrowType.Utf8), new("view", ArrowType.Utf8View), new("price", ArrowType.Decimal128(10, 2)),
            new("score", ArrowType.Float32), new("day", ArrowType.Date32), new("at", ArrowType.Timestamp(TimeUnit.Microsecond, "UTC")),
            new("local", ArrowType.Timestamp(TimeUnit.Second)), new("clock", ArrowType.Time64(TimeUnit.Microsecond)), new("took", ArrowType.Duration(TimeUnit.Millisecond)),
            new("color", ArrowType.Dictionary(ArrowType.Int8, ArrowType.Utf8)), new("level", ArrowType.UInt8), new("tags", ArrowType.List(ArrowType.Utf8)),
            new("pair", ArrowType.FixedSizeList(ArrowType.Int16, 2)), new("place", ArrowType.Struct(new ArrowField("x", ArrowType.Float64, false), new ArrowField("y", ArrowType.Float64))),
            new("counts", ArrowType.Map(ArrowType.Utf8, ArrowType.Int32)), ArrowExtension.Uuid("id"), ArrowExtension.Bool8("flag"),
            new("runs", ArrowType.RunEndEncoded(ArrowType.Int16, ArrowType.Int64)), new("raw", ArrowType.Binary), new("big", ArrowType.Decimal256(60, 0)), new("ignored", ArrowType.Null));
        var id = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        var at = new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);
        using var builder = new RecordBatchBuilder(schema);
        builder.AppendRow(
            7, "Ä", "a long text behind a view", 12.5m, 1.5f, new DateOnly(2024, 5, 6), at, at, 61_000_001L, 1500L, "Green", 2, new object?[] { "a", null },
            new object?[] { 1, 2 }, new object?[] { 1.5, null }, new object?[] { new object?[] { "k", 5 } }, id.ToByteArray(bigEndian: true), 1, 9L, new byte[] { 1, 2 },
            BigInteger.Pow(10, 40), null);
        builder.AppendRow(8, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
        using var batch = builder.Build();

        var rows = batch.Rows<Order>().ToArray();

        Assert.Equal(2, rows.Length);
        var row = rows[0];
        Assert.Equal((7, "Ä", "a long text behind a view", 12.5m, 1.5), (row.OrderId, row.Name, row.View, row.Price, row.Score));
        Assert.Equal((new DateOnly(2024, 5, 6), at, at.DateTime, new TimeOnly(0, 1, 1).Add(TimeSpan.FromMicroseconds(1)), TimeSpan.FromSeconds(1.5)), (row.Day, row.At, row.Local, row.Clock, row.Took));
        Assert.Equal((Color.Green, Level.High), (row.Color, row.Level));
        Assert.Equal((string?[])["a", null], row.Tags);
        Assert.Equal([1, 2], row.Pair!);
        Assert.Equal(new Place(1.5, null), row.Place);
        Assert.Equal(5, row.Counts!["k"]);
        Assert.Equal((id, true, 9), (row.Id, row.Flag, row.Runs));
        Assert.Equal([1, 2], row.Raw!);
        Assert.Equal(BigInteger.Pow(10, 40), row.Big);
        Assert.Equal(new Order(8, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null), rows[1]);
    }

    [Fact]
    public void Rows_WhatDoesNotFit_IsNamed()
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("n", ArrowType.Int64), new ArrowField("a_b", ArrowType.Utf8), new ArrowField("AB", ArrowType.Utf8), new ArrowField("req", ArrowType.Utf8)));
        using var batch = builder.AppendRow(1L, "x", null, "r").AppendRow(null, null, null, null).AppendRow(300L, "", null, "s").Build();
        void AssertMapping<T>(params string[] parts)
        {
            var error = Assert.Throws<ArgumentException>(() => batch.Rows<T>());
            Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        }

        void AssertReading<T>(params string[] parts)
        {
            var error = Assert.Throws<InvalidCastException>(() => batch.Rows<T>().ToArray());
            Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
        }

        AssertMapping<One<Missing>>("'Value' of One`1", "n: int64");
        AssertMapping<WithMissing>("'Other' of WithMissing has no column", "a_b: utf8");
        AssertMapping<WithAmbiguous>("'Ab' of WithAmbiguous fits 2 columns", "a_b, AB");
        AssertMapping<WithText>("'n' of the batch is int64, which String cannot hold");
        AssertMapping<TwoConstructors>("2 public constructors");
        AssertReading<WithLong>("'n' of the batch, row 1", "make it Int64?");
        AssertReading<WithByte>("row 2: 300 does not fit Byte");
        AssertReading<WithRequired>("'req' of the batch, row 1", "cannot be null");
        Assert.Equal([1, null, 300], batch.Rows<WithObject>().Select(row => (long?)row.N));
    }

    [Fact]
    public async Task Table_OfSeveralBatches_ReadsSlicesAndPrintsAsOne()
    {
        var allocator = new CountingAllocator();
        var schema = new ArrowSchema(new ArrowField("n", ArrowType.Int32));
        RecordBatch Batch(params int[] values)
        {
            using var builder = new RecordBatchBuilder(schema, allocator);
            Array.ForEach(values, value => builder.AppendRow(value));
            return builder.Build();
        }

        RecordBatch[] batches = [Batch(1, 2), Batch(), Batch(3, 4, 5)];
        var bytes = IpcBytes.WriteStream(schema, null, batches);
        using (var reader = new ArrowStreamReader(new MemoryStream(bytes), new IpcReadOptions { Allocator = allocator }))
        using (var table = await ArrowTable.ReadAsync(reader, TestContext.Current.CancellationToken))
        {
            Assert.Equal(5, table.RowCount);
            Assert.Equal(3, table.Batches.Count);
            Assert.Equal([1, 2, 3, 4, 5], Enumerable.Range(0, 5).Select(row => (int)table.GetValue(0, row)!));
            Assert.Equal([1, 2, 3, 4, 5], table.Rows<Number>().Select(row => row.N));
            Assert.Equal([2, 0, 3], table.Column("n").Select(part => part.Length));
            Assert.Throws<ArgumentOutOfRangeException>(() => table.GetValue(0, 5));
            Assert.Throws<ArgumentOutOfRangeException>(() => table.GetValue(0, -1));
            Assert.Throws<ArgumentOutOfRangeException>(() => table.Slice(3, 3));
            using (var slice = table.Slice(1, 3))
            using (var whole = slice.Combine(allocator))
            {
                Assert.Equal([2, 3, 4], whole.Column<Int32Array>(0).Values.ToArray());
            }

            Assert.Equal("n\n-\n1\n2\n3\n(2 more rows)\n", ArrowFormatter.Format(table, 3));
            Assert.Equal("n\n-\n1\n2\n3\n4\n5\n", ArrowFormatter.Format(table));
            Assert.Throws<ArgumentException>(() => new ArrowTable(new ArrowSchema(new ArrowField("m", ArrowType.Int32)), table.Batches));
        }

        Array.ForEach(batches, batch => batch.Dispose());
        Assert.Equal(0, allocator.LiveBuffers);
        using var none = new ArrowTable(schema, []);
        using var empty = none.Combine();
        Assert.Equal(0, empty.RowCount);
    }

    [Fact]
    public void Extensions_KnownAndUnknown_KeepTheirNamesThroughIpc()
    {
        var schema = new ArrowSchema(
            ArrowExtension.Uuid("u"), ArrowExtension.Json("j", false), ArrowExtension.Bool8("b"), ArrowExtension.Opaque("o", ArrowType.Binary, "geo\"metry", "PostgreSQL"),
            new ArrowExtension("example.money", "EUR").Field("m", ArrowType.Decimal64(10, 2)));
        using var reader = new ArrowStreamReader(IpcBytes.WriteStream(schema, null));
        var read = reader.ReadSchema();
        Assert.Equal(schema, read);
        Assert.Equal(
            ["arrow.uuid", "arrow.json", "arrow.bool8", "arrow.opaque", "example.money"], read.Fields.Select(field => ArrowExtension.Of(field)!.Value.Name));
        using var json = System.Text.Json.JsonDocument.Parse(ArrowExtension.Of(read.Fields[3])!.Value.Metadata);
        Assert.Equal("geo\"metry", json.RootElement.GetProperty("type_name").GetString());
        Assert.Equal("PostgreSQL", json.RootElement.GetProperty("vendor_name").GetString());
        Assert.Equal("EUR", ArrowExtension.Of(read.Fields[4])!.Value.Metadata);
        Assert.Null(ArrowExtension.Of(new ArrowField("x", ArrowType.Int32)));
        Assert.Throws<ArgumentException>(() => new ArrowExtension(ArrowExtension.UuidName).Field("u", ArrowType.Utf8));
    }

    private enum Color
    {
        Red,
        Green,
    }

    private enum Level : byte
    {
        Low = 1,
        High = 2,
    }

    private sealed record Place(double X, double? Y);

    private sealed record Order(
        int OrderId, string? Name, string? View, decimal? Price, double? Score, DateOnly? Day, DateTimeOffset? At, DateTime? Local, TimeOnly? Clock, TimeSpan? Took,
        Color? Color, Level? Level, string?[]? Tags, IReadOnlyList<short>? Pair, Place? Place, IReadOnlyDictionary<string, int>? Counts, Guid? Id, bool? Flag, int? Runs,
        byte[]? Raw, BigInteger? Big);

    private sealed record Number(int N);

    private sealed record Missing;

    private sealed record One<T>(T Value);

    private sealed record WithMissing(string? Other);

    private sealed record WithAmbiguous(string? Ab);

    private sealed record WithText(string? N);

    private sealed record WithLong(long N);

    private sealed record WithByte(byte? N);

    private sealed record WithRequired(string Req);

    private sealed record WithObject(object? N);

    private sealed class TwoConstructors
    {
        public TwoConstructors()
        {
        }

        public TwoConstructors(long n) => _ = n;
    }
}
