using System.Numerics;
using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Results;

/// <summary>
/// Gathers the rows of many DuckDB vectors into one Arrow array: one copy in all, where DuckDB's own export of 2,048 rows would need a
/// second one to make larger batches. One writer per column; reused from batch to batch.
/// </summary>
internal abstract unsafe class ColumnWriter : IDisposable
{
    private NativeBuffer _validity;
    private bool _hasValidity;

    /// <summary>Rows gathered since the last <see cref="Finish"/>.</summary>
    protected long RowCount { get; private set; }

    /// <summary>Nulls among them.</summary>
    protected long NullCount { get; private set; }

    /// <summary>Adds rows <c>[start, start + count)</c> of a flat vector.</summary>
    public void Append(nint vector, long start, long count)
    {
        if (count == 0)
        {
            return;
        }

        var mask = DuckDb.VectorValidity(vector);
        AppendValidity(mask, start, count);
        AppendRows(vector, mask, start, count);
        RowCount += count;
    }

    /// <summary>Moves what was gathered into <paramref name="target"/> and starts anew.</summary>
    public void Finish(CArrowArray* target)
    {
        var validity = _hasValidity ? (nint)_validity.Take() : 0;
        FinishRows(target, validity);
        _hasValidity = false;
        RowCount = 0;
        NullCount = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _validity.Free();
        FreeBuffers();
    }

    /// <summary>Whether a row of a vector with this mask holds a value.</summary>
    protected static bool IsValid(ulong* mask, long row) => mask is null || (mask[row >> 6] >> (int)(row & 63) & 1) != 0;

    /// <summary>Copies the values; <see cref="RowCount"/> is still the count before them.</summary>
    protected abstract void AppendRows(nint vector, ulong* mask, long start, long count);

    /// <summary>Builds the array from <see cref="RowCount"/> rows; owns <paramref name="validity"/>.</summary>
    protected abstract void FinishRows(CArrowArray* target, nint validity);

    /// <summary>Frees what was gathered and never finished.</summary>
    protected abstract void FreeBuffers();

    private void AppendValidity(ulong* mask, long start, long count)
    {
        if (mask is null && !_hasValidity)
        {
            return;
        }

        // Whole words, so that the fast path below may write the last one in full.
        _validity.Reserve((RowCount + count + 63) / 64 * 8);
        if (!_hasValidity)
        {
            new Span<byte>(_validity.Pointer, (int)((RowCount + 7) / 8)).Fill(0xFF);
            _hasValidity = true;
        }

        var words = (ulong*)_validity.Pointer;
        if (mask is not null && (RowCount & 63) == 0 && (start & 63) == 0)
        {
            var source = mask + (start >> 6);
            var target = words + (RowCount >> 6);
            var full = count >> 6;
            long valid = 0;
            for (long index = 0; index < full; index++)
            {
                target[index] = source[index];
                valid += BitOperations.PopCount(source[index]);
            }

            var rest = (int)(count & 63);
            if (rest > 0)
            {
                target[full] = source[full] & ((1UL << rest) - 1);
                valid += BitOperations.PopCount(target[full]);
            }

            NullCount += count - valid;
            return;
        }

        for (long row = 0; row < count; row++)
        {
            var at = RowCount + row;
            var bit = 1UL << (int)(at & 63);
            if (IsValid(mask, start + row))
            {
                words[at >> 6] |= bit;
            }
            else
            {
                words[at >> 6] &= ~bit;
                NullCount++;
            }
        }
    }
}
