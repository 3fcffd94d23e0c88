using System.Runtime.CompilerServices;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.CData;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Goal: structures of the C Data Interface go out and in without copies, and every path releases exactly once.</summary>
public sealed unsafe class CDataTests
{
    [Fact]
    public void Structures_HaveTheSizesOfTheAbi()
    {
        Assert.Equal(72, Unsafe.SizeOf<CArrowSchema>());
        Assert.Equal(80, Unsafe.SizeOf<CArrowArray>());
        Assert.Equal(40, Unsafe.SizeOf<CArrowArrayStream>());
    }

    [Fact]
    public void Schema_ExportedAndImported_IsEqual()
    {
        CArrowSchema structure = default;
        CDataExporter.ExportSchema(SampleData.FullSchema, &structure);
        Assert.Equal(SampleData.FullSchema.Fields.Count, structure.ChildCount);
        var schema = CDataImporter.ImportSchema(&structure);
        Assert.True(structure.Release is null);
        Assert.Equal(SampleData.FullSchema, schema);
    }

    [Fact]
    public void Schema_ReleasedTwice_IsReleasedOnce()
    {
        CArrowSchema structure = default;
        CDataExporter.ExportSchema(SampleData.FullSchema, &structure);
        CArrowSchema.ReleaseIfHeld(&structure);
        CArrowSchema.ReleaseIfHeld(&structure);
        Assert.True(structure.Release is null);
        Assert.Throws<ArrowFormatException>(() => Import(new CArrowSchema()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    public void Batch_WholeAndSlice_ComeBackEqualWithoutCopies(int rows)
    {
        var allocator = new CountingAllocator();
        using (var whole = SampleData.Create(SampleData.FullSchema, rows, 6, allocator))
        {
            using var slice = whole.Slice(rows / 3, rows / 2);
            var before = allocator.TotalBuffers;
            foreach (var batch in (RecordBatch[])[whole, slice])
            {
                CArrowArray structure = default;
                CDataExporter.ExportBatch(batch, &structure);
                using var actual = CDataImporter.ImportBatch(&structure, batch.Schema, validate: true);
                Assert.True(structure.Release is null);
                Assert.Null(RecordBatchComparer.Exact.FindDifference(batch, actual));
            }

            Assert.Equal(before, allocator.TotalBuffers);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Batch_ExportOutlivesTheBatch_UntilItIsReleased()
    {
        var allocator = new CountingAllocator();
        var batch = SampleData.Create(SampleData.FullSchema, 10, 6, allocator);
        CArrowArray structure = default;
        CDataExporter.ExportBatch(batch, &structure);
        batch.Dispose();
        Assert.NotEqual(0, allocator.LiveBuffers);
        structure.Release(&structure);
        Assert.True(structure.Release is null);
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Child_MovedOut_OutlivesItsParent()
    {
        var allocator = new CountingAllocator();
        var schema = new ArrowSchema(new ArrowField("a", ArrowType.Int64, false), new ArrowField("b", ArrowType.Utf8, false));
        var batch = SampleData.Create(schema, 10, 6, allocator);
        var expected = ((StringArray)batch.Column(1)).GetString(9);
        CArrowArray parent = default;
        CDataExporter.ExportBatch(batch, &parent);
        batch.Dispose();
        var child = *parent.Children[1];
        parent.Children[1]->Release = null;
        parent.Release(&parent);
        Assert.NotEqual(0, allocator.LiveBuffers);
        using (var array = (StringArray)CDataImporter.ImportArray(&child, ArrowType.Utf8))
        {
            Assert.Equal(expected, array.GetString(9));
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Import_OneColumnKept_KeepsTheStructureUntilItIsDisposed()
    {
        var allocator = new CountingAllocator();
        var batch = SampleData.Create(SampleData.FlatSchema, 10, 6, allocator);
        CArrowArray structure = default;
        CDataExporter.ExportBatch(batch, &structure);
        var imported = CDataImporter.ImportBatch(&structure, batch.Schema);
        batch.Dispose();
        var column = imported.Column("text").Retain();
        imported.Dispose();
        Assert.NotEqual(0, allocator.LiveBuffers);
        column.Dispose();
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Import_StructureThatDoesNotFit_IsRefusedAndReleased()
    {
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FlatSchema, 10, 6, allocator))
        {
            AssertRefused(batch, structure => structure->Length = -1);
            AssertRefused(batch, structure => structure->ChildCount--);
            AssertRefused(batch, structure => structure->Children[0]->BufferCount = 1);
            AssertRefused(batch, structure => structure->Children[0]->Buffers[1] = null);
            AssertRefused(batch, structure => structure->Children[0]->Length = 9);
            AssertRefused(batch, structure => structure->Children[1]->Buffers[0] = null);
            AssertRefused(batch, structure => ((int*)structure->Children[11]->Buffers[1])[10] = -5);
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Stream_ExportedAndImported_GivesTheBatchesAndDisposesTheSource()
    {
        var allocator = new CountingAllocator();
        var source = new Batches(allocator, 3, -1);
        CArrowArrayStream structure = default;
        CDataExporter.ExportStream(SampleData.FullSchema, source, &structure);
        using (var reader = CDataImporter.ImportStream(&structure))
        {
            Assert.True(structure.Release is null);
            Assert.Equal(SampleData.FullSchema, reader.Schema);
            for (var i = 0; i < 3; i++)
            {
                using var batch = reader.ReadNext();
                Assert.Equal(5, batch!.RowCount);
            }

            Assert.Null(reader.ReadNext());
            Assert.False(source.IsDisposed);
        }

        Assert.True(source.IsDisposed);
        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Stream_SourceThrows_BecomesTheErrorOfTheStream()
    {
        var source = new Batches(new CountingAllocator(), 3, 1);
        CArrowArrayStream structure = default;
        CDataExporter.ExportStream(SampleData.FullSchema, source, &structure);
        using var reader = CDataImporter.ImportStream(&structure);
        reader.ReadNext()!.Dispose();
        Assert.Contains("the disk burns", Assert.Throws<ArrowFormatException>(reader.ReadNext).Message, StringComparison.Ordinal);
    }

    private static void Import(CArrowSchema structure) => CDataImporter.ImportSchema(&structure);

    private static void AssertRefused(RecordBatch batch, Damage damage)
    {
        // A copy, because damage may hit the values.
        using var nothing = batch.Slice(0, 0);
        using var copy = ArrowTake.Concat([batch, nothing]);
        CArrowArray structure = default;
        CDataExporter.ExportBatch(copy, &structure);
        damage(&structure);
        var pointer = &structure;
        Exception? caught = null;
        try
        {
            CDataImporter.ImportBatch(pointer, batch.Schema).Dispose();
        }
        catch (ArrowFormatException exception)
        {
            caught = exception;
        }

        Assert.NotNull(caught);
        Assert.True(structure.Release is null);
    }

    private delegate void Damage(CArrowArray* structure);

    private sealed class Batches(ArrowAllocator allocator, int count, int failAt) : IEnumerator<RecordBatch>
    {
        private int _done;

        public bool IsDisposed { get; private set; }

        public RecordBatch Current { get; private set; } = null!;

        object System.Collections.IEnumerator.Current => Current;

        public bool MoveNext()
        {
            if (_done == failAt)
            {
                throw new InvalidOperationException("the disk burns");
            }

            if (_done == count)
            {
                return false;
            }

            Current = SampleData.Create(SampleData.FullSchema, 5, _done++, allocator);
            return true;
        }

        public void Reset() => throw new NotSupportedException();

        public void Dispose() => IsDisposed = true;
    }
}
