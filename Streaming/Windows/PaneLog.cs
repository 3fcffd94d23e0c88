using System.Buffers;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Aggregation;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.Windows;

/// <summary>The log of rows of panes: the partial states of a key, the pane's first moment, and whether the row adds to those before of its key and pane or takes their place.</summary>
internal sealed class PaneLog
{
    private const string AddsColumn = "_adds";

    // Fewer groups would hold a whole block of memory.
    private const int SlabGroupsMin = 256 * 1024;
    private const int SlabRows = RowFileWriter.RowsMax;

    private readonly ArrowAllocator _allocator;
    private readonly ArrowSchema _schema;

    /// <param name="keyTypes">Types of the key's columns.</param>
    /// <param name="specs">The aggregates, the count of rows among them.</param>
    /// <param name="sharesRowCount">Whether that count is asked for too; else it is the last of them.</param>
    /// <param name="retention">How long rows count.</param>
    /// <param name="placeColumn">Name of the column of panes.</param>
    /// <param name="allocator">Where columns come from.</param>
    public PaneLog(IReadOnlyList<ArrowType> keyTypes, IReadOnlyList<AggregateSpec> specs, bool sharesRowCount, TimeSpan retention, string placeColumn, ArrowAllocator allocator)
    {
        _allocator = allocator;
        var partials = GroupAggregator.PartialTypes(keyTypes, specs).Select((type, place) => new ArrowField($"c{place}", type)).ToList();
        _schema = new ArrowSchema([.. partials, new ArrowField(placeColumn, ArrowType.Int64, isNullable: false), new ArrowField(AddsColumn, ArrowType.Boolean, isNullable: false)]);
        Options = new RowTableOptions
        {
            Kind = TableKind.Timed,
            Schema = _schema,
            KeyColumns = [.. Enumerable.Range(0, keyTypes.Count)],
            TimeColumn = partials.Count,
            Retention = retention,

            // Before version 3 a count of rows that was asked for was there twice; others have no version 3.
            Version = sharesRowCount ? 3 : 2,
            Migrate = sharesRowCount ? ReadVersion2 : ReadVersion1,
        };
    }

    /// <summary>The table.</summary>
    public RowTableOptions Options { get; }

    /// <summary>The first moments of the panes of rows.</summary>
    public static ReadOnlySpan<long> Places(RecordBatch log) => log.Column<Int64Array>(log.ColumnCount - 2).Values;

    /// <summary>Rows that follow one another and all add, or all take the place of others.</summary>
    public static IEnumerable<(int From, int End, bool Adds)> Parts(RecordBatch log)
    {
        var adds = log.Column<BooleanArray>(log.ColumnCount - 1);
        if (ArrowBitmap.CountOnes(adds.Bits, adds.Offset, adds.Length) is var count && (count == 0 || count == log.RowCount))
        {
            if (log.RowCount > 0)
            {
                yield return (0, log.RowCount, count > 0);
            }

            yield break;
        }

        for (var (from, row) = (0, 1); from < log.RowCount; row++)
        {
            if (row == log.RowCount || adds.GetBoolean(row) != adds.GetBoolean(from))
            {
                yield return (from, row, adds.GetBoolean(from));
                from = row;
            }
        }
    }

    /// <summary>Appends what of a pane no checkpoint has.</summary>
    public void Take(long start, PaneGroups pane, IList<RecordBatch> log)
    {
        // All batches share them: rows that lie in files shall take no memory here.
        using var places = EventWindows.Longs(start, WindowShape.BatchRowsMax, _allocator);
        foreach (var (rows, adds) in pane.TakeUnsaved())
        {
            using var flags = Flags(adds, rows.RowCount);
            using (rows)
            {
                log.Add(ToLog(places, flags, [.. rows.Columns.Select(column => column.Retain())], rows.RowCount));
            }
        }

        TakeChanged(pane, places, log);
    }

    /// <summary>Copies the changed groups in memory. No row goes on meanwhile, so it has to be fast: where there are many, few large blocks take them.</summary>
    private void TakeChanged(PaneGroups pane, ArrowArray places, IList<RecordBatch> log)
    {
        if (pane.Memory.Count < SlabGroupsMin)
        {
            TakeChanged(pane, places, WindowShape.BatchRowsMax, slabs: null, log);
            return;
        }

        using var slabs = new SlabAllocator();
        using var morePlaces = EventWindows.Longs(((Int64Array)places).Values[0], SlabRows, _allocator);
        TakeChanged(pane, morePlaces, SlabRows, slabs, log);
    }

    private void TakeChanged(PaneGroups pane, ArrowArray places, int rowsMax, SlabAllocator? slabs, IList<RecordBatch> log)
    {
        using var flags = Flags(pane.IsSpilled, rowsMax);
        var groups = ArrayPool<int>.Shared.Rent(rowsMax);
        try
        {
            var room = groups.AsSpan(0, rowsMax);
            for (var next = 0; pane.Memory.TakeChanged(room, ref next) is > 0 and var count;)
            {
                log.Add(ToLog(places, flags, slabs is null ? pane.Memory.Partials(room[..count]) : pane.Memory.Partials(room[..count], slabs), count));
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(groups);
        }
    }

    private RecordBatch ToLog(ArrowArray places, ArrowArray flags, ArrowArray[] partials, int rowCount) =>
        ArrowColumns.ToBatch(_schema, [.. partials, places.Slice(0, rowCount), flags.Slice(0, rowCount)], rowCount);

    private ArrowArray Flags(bool adds, int rowCount)
    {
        using var flags = new BooleanBuilder(_allocator);
        for (var row = 0; row < rowCount; row++)
        {
            flags.Append(adds);
        }

        return flags.Build();
    }

    /// <summary>Before there were rows that add, each took the place of those before.</summary>
    private RecordBatch ReadVersion1(RecordBatch rows)
    {
        using (rows)
        {
            return ArrowColumns.ToBatch(_schema, [.. rows.Columns.Select(column => column.Retain()), Flags(adds: false, rows.RowCount)], rows.RowCount);
        }
    }

    private RecordBatch ReadVersion2(RecordBatch rows)
    {
        using (rows)
        {
            var shared = _schema.Fields.Count - 2;
            return ArrowColumns.ToBatch(_schema, [.. rows.Columns.Where((_, place) => place != shared).Select(column => column.Retain())], rows.RowCount);
        }
    }
}
