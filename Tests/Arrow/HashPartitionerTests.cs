using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Tests.Arrow;

/// <summary>Every row goes to the partition of its hash, once and in order, whatever the batch looks like and whatever came before it.</summary>
public sealed class HashPartitionerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(200)]
    [InlineData(RowPartition.MaxPartitions)]
    public void Assign_BatchesOfAnyLength_PlacesEachRowByItsHash(int partitions)
    {
        var partitioner = new HashPartitioner(partitions, [0]);

        // Around the widths of the loops (32 hashes, four quarters), longer and shorter in turn: buffers are kept.
        foreach (var rows in (int[])[0, 1, 2, 3, 4, 5, 31, 32, 33, 1_000, 7, 63, 64, 65, 4_099, 0, 12])
        {
            using var batch = Longs(rows, row => row * 37);
            Check(partitioner, batch, [0], RowHash.DefaultSeed);
        }
    }

    [Fact]
    public void Assign_EveryType_PlacesEachRowByItsHash()
    {
        foreach (var type in (ArrowType[])[.. KernelData.OrderedTypes, .. KernelData.OtherTypes])
        {
            using var array = KernelData.Create(type, 150, 9);
            using var batch = new RecordBatch(new ArrowSchema(new ArrowField("k", type)), [array.Retain()], array.Length);
            Check(new HashPartitioner(5, [0], seed: 3), batch, [0], 3);
            using var slice = batch.Slice(11, 97);
            Check(new HashPartitioner(5, [0], seed: 3), slice, [0], 3);
        }
    }

    [Fact]
    public void Assign_SeveralColumnsWithNulls_PlacesEachRowByAllOfThem()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            using var batch = SampleData.Create(SampleData.FullSchema, 300 + seed, seed);
            Check(new HashPartitioner(6, [3, 0, 11]), batch, [3, 0, 11], RowHash.DefaultSeed);
        }
    }

    [Fact]
    public void Assign_EqualKeysInOtherBatchesAndWidths_GoToTheSamePartition()
    {
        var wide = new HashPartitioner(16, [0]);
        using var longs = Longs(400, row => row % 40);
        wide.Assign(longs);
        var partitionOf = new Dictionary<long, int>();
        for (var partition = 0; partition < 16; partition++)
        {
            foreach (var row in wide.Rows(partition))
            {
                Assert.True(partitionOf.TryAdd(row % 40, partition) || partitionOf[row % 40] == partition);
            }
        }

        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("x", ArrowType.Utf8), new ArrowField("k", ArrowType.Int16)));
        for (var i = 0; i < 40; i++)
        {
            builder.AppendRow("x", (short)i);
        }

        using var shorts = builder.Build();
        var narrow = new HashPartitioner(16, [1]);
        narrow.Assign(shorts);
        for (var partition = 0; partition < 16; partition++)
        {
            Assert.All(narrow.Rows(partition).ToArray(), row => Assert.Equal(partitionOf[row], partition));
        }
    }

    [Fact]
    public void Assign_DistinctKeys_AreSpreadEvenly()
    {
        using var batch = Longs(64_000, row => row);
        var partitioner = new HashPartitioner(64, [0]);
        partitioner.Assign(batch);

        // Thrown at random: a thousand each, within six deviations.
        Assert.All(Enumerable.Range(0, 64), partition => Assert.InRange(partitioner.Rows(partition).Length, 810, 1_190));
    }

    [Fact]
    public void Split_AfterAssign_HasTheRowsOfEachPartitionAndNothingWhereThereAreNone()
    {
        var allocator = new CountingAllocator();
        using (var batch = SampleData.Create(SampleData.FullSchema, 400, 3, allocator))
        {
            var partitioner = new HashPartitioner(3_000, [0, 11]);
            partitioner.Assign(batch);
            var parts = partitioner.Split(batch, allocator);
            for (var partition = 0; partition < parts.Length; partition++)
            {
                Assert.Equal(partitioner.Rows(partition).Length == 0, parts[partition] is null);
                if (parts[partition] is { } part)
                {
                    using var expected = ArrowTake.Take(batch, partitioner.Rows(partition), allocator);
                    Assert.Null(RecordBatchComparer.Exact.FindDifference(expected, part));
                    part.Dispose();
                }
            }
        }

        Assert.Equal(0, allocator.LiveBuffers);
    }

    [Fact]
    public void Split_WhenAllRowsGoToOnePartition_SharesTheBatch()
    {
        using var batch = Longs(100, _ => 5);
        var partitioner = new HashPartitioner(4, [0]);
        partitioner.Assign(batch);
        var part = Assert.Single(partitioner.Split(batch), part => part is not null);

        Assert.Same(batch, part);
        part!.Dispose();
        Assert.False(batch.IsReleased);
    }

    [Fact]
    public void Partitioner_WrongArguments_AreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HashPartitioner(0, [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HashPartitioner(RowPartition.MaxPartitions + 1, [0]));
        Assert.Throws<ArgumentException>(() => new HashPartitioner(1, []));
        var partitioner = new HashPartitioner(2, [1]);
        using var batch = Longs(10, row => row);
        Assert.Contains("no column 1", Assert.Throws<ArgumentException>(() => partitioner.Assign(batch)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => partitioner.Rows(2).Length);
        Assert.Equal(0, partitioner.Rows(1).Length);
        Assert.Throws<ArgumentException>(() => partitioner.Split(batch));
    }

    private static void Check(HashPartitioner partitioner, RecordBatch batch, int[] columns, ulong seed)
    {
        var hashes = new ulong[batch.RowCount];
        RowHash.Compute(batch, columns, hashes, seed);
        partitioner.Assign(batch);
        Assert.Equal(batch.RowCount, partitioner.RowCount);
        var expected = Enumerable.Range(0, batch.RowCount).ToLookup(row => RowPartition.Of(hashes[row], partitioner.PartitionCount));
        var total = 0;
        for (var partition = 0; partition < partitioner.PartitionCount; partition++)
        {
            var rows = partitioner.Rows(partition);
            total += rows.Length;
            if (rows.Length > 0)
            {
                Assert.Equal(expected[partition], rows.ToArray());
            }
        }

        Assert.Equal(batch.RowCount, total);
    }

    private static RecordBatch Longs(int rows, Func<int, long> value)
    {
        using var builder = new RecordBatchBuilder(new ArrowSchema(new ArrowField("k", ArrowType.Int64)));
        for (var row = 0; row < rows; row++)
        {
            builder.Column<Int64Builder>(0).Append(value(row));
        }

        return builder.Build();
    }
}
