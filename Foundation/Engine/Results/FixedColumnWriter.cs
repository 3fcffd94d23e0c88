using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Results;

/// <summary>Values of one width that both sides lay out alike: numbers, dates, times, 128-bit decimals.</summary>
internal sealed unsafe class FixedColumnWriter(int widthBytes) : ColumnWriter
{
    private NativeBuffer _values;

    protected override void AppendRows(nint vector, ulong* mask, long start, long count)
    {
        _values.Reserve((RowCount + count) * widthBytes);
        var source = (byte*)DuckDb.VectorData(vector) + (start * widthBytes);
        Buffer.MemoryCopy(source, _values.Pointer + (RowCount * widthBytes), count * widthBytes, count * widthBytes);
    }

    protected override void FinishRows(CArrowArray* target, nint validity) =>
        ArrowNode.Create(target, RowCount, NullCount, [validity, (nint)_values.Take()], childCount: 0);

    protected override void FreeBuffers() => _values.Free();
}

/// <summary>Booleans: a byte each in DuckDB, a bit each in Arrow.</summary>
internal sealed unsafe class BooleanColumnWriter : ColumnWriter
{
    private NativeBuffer _bits;

    protected override void AppendRows(nint vector, ulong* mask, long start, long count)
    {
        _bits.Reserve((RowCount + count + 7) / 8);
        var source = (byte*)DuckDb.VectorData(vector) + start;
        for (long row = 0; row < count; row++)
        {
            var at = RowCount + row;
            var bit = (byte)(1 << (int)(at & 7));
            ref var target = ref _bits.Pointer[at >> 3];

            // The byte of a null may hold anything.
            target = (byte)(source[row] == 1 ? target | bit : target & ~bit);
        }
    }

    protected override void FinishRows(CArrowArray* target, nint validity) =>
        ArrowNode.Create(target, RowCount, NullCount, [validity, (nint)_bits.Take()], childCount: 0);

    protected override void FreeBuffers() => _bits.Free();
}

/// <summary>Decimals that DuckDB keeps in 16, 32 or 64 bits and Arrow in 128.</summary>
internal sealed unsafe class NarrowDecimalColumnWriter(DuckDbType storage) : ColumnWriter
{
    private NativeBuffer _values;

    protected override void AppendRows(nint vector, ulong* mask, long start, long count)
    {
        _values.Reserve((RowCount + count) * sizeof(Int128));
        var data = DuckDb.VectorData(vector);
        var target = (Int128*)_values.Pointer + RowCount;
        for (long row = 0; row < count; row++)
        {
            target[row] = storage switch
            {
                DuckDbType.SmallInt => ((short*)data)[start + row],
                DuckDbType.Integer => ((int*)data)[start + row],
                _ => ((long*)data)[start + row],
            };
        }
    }

    protected override void FinishRows(CArrowArray* target, nint validity) =>
        ArrowNode.Create(target, RowCount, NullCount, [validity, (nint)_values.Take()], childCount: 0);

    protected override void FreeBuffers() => _values.Free();
}
