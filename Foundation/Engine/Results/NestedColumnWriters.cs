using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Results;

/// <summary>Lists, and maps, which are lists of key-value structs on both sides.</summary>
internal sealed unsafe class ListColumnWriter(ColumnWriter items) : ColumnWriter
{
    private NativeBuffer _offsets;
    private long _itemCount;

    protected override void AppendRows(nint vector, ulong* mask, long start, long count)
    {
        _offsets.Reserve((RowCount + count + 1) * sizeof(int));
        var offsets = (int*)_offsets.Pointer;
        if (RowCount == 0)
        {
            offsets[0] = 0;
        }

        var entries = (DuckDbListEntry*)DuckDb.VectorData(vector) + start;
        var child = DuckDb.ListVectorChild(vector);

        // Neighbouring rows mostly hold neighbouring items: gather those runs, so that the child copies in large pieces.
        ulong runStart = 0, runEnd = 0;
        for (long row = 0; row < count; row++)
        {
            var entry = entries[row];
            if (IsValid(mask, start + row) && entry.Length > 0)
            {
                if (entry.Offset != runEnd || runEnd == runStart)
                {
                    items.Append(child, (long)runStart, (long)(runEnd - runStart));
                    runStart = entry.Offset;
                }

                runEnd = entry.Offset + entry.Length;
                _itemCount = checked(_itemCount + (long)entry.Length);
                if (_itemCount > int.MaxValue)
                {
                    throw new EngineException(
                        $"A column of a result batch holds more than {int.MaxValue} list items; read the result in smaller batches.",
                        EngineErrorKind.OutOfRange);
                }
            }

            offsets[RowCount + row + 1] = (int)_itemCount;
        }

        items.Append(child, (long)runStart, (long)(runEnd - runStart));
    }

    protected override void FinishRows(CArrowArray* target, nint validity)
    {
        if (RowCount == 0)
        {
            _offsets.Reserve(sizeof(int));
            *(int*)_offsets.Pointer = 0;
        }

        _itemCount = 0;
        ArrowNode.Create(target, RowCount, NullCount, [validity, (nint)_offsets.Take()], childCount: 1);
        items.Finish(target->Children[0]);
    }

    protected override void FreeBuffers()
    {
        _offsets.Free();
        items.Dispose();
    }
}

/// <summary>Lists of one fixed length.</summary>
internal sealed unsafe class FixedListColumnWriter(ColumnWriter items, long itemsPerRow) : ColumnWriter
{
    protected override void AppendRows(nint vector, ulong* mask, long start, long count) =>
        items.Append(DuckDb.ArrayVectorChild(vector), start * itemsPerRow, count * itemsPerRow);

    protected override void FinishRows(CArrowArray* target, nint validity)
    {
        ArrowNode.Create(target, RowCount, NullCount, [validity], childCount: 1);
        items.Finish(target->Children[0]);
    }

    protected override void FreeBuffers() => items.Dispose();
}

/// <summary>Structs.</summary>
internal sealed unsafe class StructColumnWriter(ColumnWriter[] members) : ColumnWriter
{
    protected override void AppendRows(nint vector, ulong* mask, long start, long count)
    {
        for (var index = 0; index < members.Length; index++)
        {
            members[index].Append(DuckDb.StructVectorChild(vector, (ulong)index), start, count);
        }
    }

    protected override void FinishRows(CArrowArray* target, nint validity)
    {
        ArrowNode.Create(target, RowCount, NullCount, [validity], members.Length);
        for (var index = 0; index < members.Length; index++)
        {
            members[index].Finish(target->Children[index]);
        }
    }

    protected override void FreeBuffers()
    {
        foreach (var member in members)
        {
            member.Dispose();
        }
    }
}
