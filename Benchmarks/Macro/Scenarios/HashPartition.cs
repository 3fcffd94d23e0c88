using System.Diagnostics;
using System.Numerics;
using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;

namespace OrleansFlow.Benchmarks.Macro.Scenarios;

/// <summary>Row numbers of each partition by the hash of the keys, on one thread, against a plain loop over keys that are one number.</summary>
/// <param name="keys">What the keys are.</param>
/// <param name="isSplit">Whether the batches (the key and three more columns) are split, too.</param>
internal sealed class HashPartition(HashPartition.Keys keys, bool isSplit = false) : Scenario
{
    private const int BatchRows = 65_536;
    private const int BatchCount = 32;
    private const int Passes = 4;
    private const int WarmUpPasses = 30;
    private const int Partitions = 16;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly List<RecordBatch> _batches = [];
    private readonly List<long[]> _plainKeys = [];
    private readonly int[][] _plainRows = [.. Enumerable.Range(0, Partitions).Select(_ => new int[BatchRows])];
    private HashPartitioner? _partitioner;

    /// <summary>Key columns.</summary>
    internal enum Keys
    {
        /// <summary>One column of 64-bit numbers without nulls.</summary>
        Number,

        /// <summary>One column of texts of 4 to 20 bytes.</summary>
        Text,

        /// <summary>Two columns of 64 and 32 bits; one value in ten is null.</summary>
        PairWithNulls,
    }

    public override string Name => (keys, isSplit) switch
    {
        (Keys.Number, false) => "hash-partition",
        (Keys.Number, true) => "hash-partition-split",
        (Keys.Text, _) => "hash-partition-text",
        _ => "hash-partition-pair",
    };

    public override string Question => (keys, isSplit) switch
    {
        (Keys.Number, false) => $"How many rows a second go to {Partitions} partitions by the hash of one 64-bit key, on one core?",
        (Keys.Number, true) => $"The same, and the batches (four columns of 64 bits) cut into {Partitions}",
        (Keys.Text, _) => "The same as hash-partition by a text of 4 to 20 bytes",
        _ => "The same as hash-partition by two numbers, a tenth of them null",
    };

    public override string Unit => "M rows/s";

    public override string BaselineName => "a plain loop over one 64-bit key that hashes and appends, M rows/s";

    public override IReadOnlyList<FurtherBaseline> FurtherBaselines =>
        [new("the hashes alone, M rows/s", _ => Task.FromResult(MeasureHashes()))];

    public override async Task SetUpAsync(CancellationToken cancellationToken)
    {
        var random = new Random(7);
        for (var i = 0; i < BatchCount; i++)
        {
            _plainKeys.Add([.. Enumerable.Range(0, BatchRows).Select(_ => random.NextInt64())]);
            _batches.Add(Create(random, _plainKeys[^1]));
        }

        _partitioner = new HashPartitioner(Partitions, KeyColumns);

        // Until the loops are compiled for good: a round is shorter than the compiler takes.
        for (var pass = 0; pass < WarmUpPasses / Passes; pass++)
        {
            await MeasureAsync(cancellationToken);
            await MeasureBaselineAsync(cancellationToken);
            MeasureHashes();
        }
    }

    public override Task<Sample> MeasureAsync(CancellationToken cancellationToken)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpuBefore = OwnCpu();
        var began = _clock.GetTimestamp();
        for (var pass = 0; pass < Passes; pass++)
        {
            foreach (var batch in _batches)
            {
                _partitioner!.Assign(batch);
                if (isSplit)
                {
                    foreach (var part in _partitioner.Split(batch, ArrowAllocator.Pooled))
                    {
                        part?.Dispose();
                    }
                }
            }
        }

        var rate = Rate(began);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        const double Batches = Passes * BatchCount;
        return Task.FromResult(new Sample(
            rate, AllocatedBytesPerOperation: allocated / Batches, CpuMicrosPerOperation: (OwnCpu() - cpuBefore).TotalMicroseconds / Batches));
    }

    public override Task<double> MeasureBaselineAsync(CancellationToken cancellationToken)
    {
        var began = _clock.GetTimestamp();
        var counts = new int[Partitions];
        for (var pass = 0; pass < Passes; pass++)
        {
            foreach (var batch in _plainKeys)
            {
                Array.Clear(counts);
                for (var row = 0; row < batch.Length; row++)
                {
                    var hash = (ulong)batch[row] * 0xFF51_AFD7_ED55_8CCD;
                    hash = (hash ^ BitOperations.RotateRight(hash, 33)) * 0xC4CE_B9FE_1A85_EC53;
                    var partition = (int)Math.BigMul(hash, Partitions, out _);
                    _plainRows[partition][counts[partition]++] = row;
                }
            }
        }

        return Task.FromResult(Rate(began));
    }

    public override ValueTask DisposeAsync()
    {
        _batches.ForEach(batch => batch.Dispose());
        return base.DisposeAsync();
    }

    private static TimeSpan OwnCpu()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    private int[] KeyColumns => keys == Keys.PairWithNulls ? [0, 1] : [0];

    private double MeasureHashes()
    {
        var hashes = new ulong[BatchRows];
        var columns = KeyColumns;
        var began = _clock.GetTimestamp();
        for (var pass = 0; pass < Passes; pass++)
        {
            foreach (var batch in _batches)
            {
                RowHash.Compute(batch, columns, hashes);
            }
        }

        return Rate(began);
    }

    private double Rate(long began) => (double)Passes * BatchCount * BatchRows / _clock.GetElapsedTime(began).TotalSeconds / 1e6;

    private RecordBatch Create(Random random, long[] values)
    {
        var schema = keys switch
        {
            Keys.Text => new ArrowSchema(new ArrowField("key", ArrowType.Utf8)),
            Keys.PairWithNulls => new ArrowSchema(new ArrowField("a", ArrowType.Int64), new ArrowField("b", ArrowType.Int32)),
            _ => new ArrowSchema([.. Enumerable.Range(0, isSplit ? 4 : 1).Select(column => new ArrowField($"c{column}", ArrowType.Int64, isNullable: false))]),
        };
        using var builder = new RecordBatchBuilder(schema);
        foreach (var value in values)
        {
            switch (keys)
            {
                case Keys.Text:
                    var text = value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture) + "tail";
                    builder.Column<Utf8Builder>(0).Append(text.AsSpan(0, random.Next(4, 21)));
                    break;
                case Keys.PairWithNulls:
                    builder.Column<Int64Builder>(0).Append(random.Next(10) == 0 ? null : value);
                    builder.Column<Int32Builder>(1).Append(random.Next(10) == 0 ? null : (int)value);
                    break;
                default:
                    for (var column = 0; column < schema.Fields.Count; column++)
                    {
                        builder.Column<Int64Builder>(column).Append(value + column);
                    }

                    break;
            }
        }

        return builder.Build();
    }
}
