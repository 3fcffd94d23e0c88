using OrleansFlow.Arrow.CData;
using OrleansFlow.Engine.Native;

namespace OrleansFlow.Engine.Results;

/// <summary>Text and bytes. DuckDB keeps up to 12 bytes inside the row and points to longer ones; Arrow lays all end to end.</summary>
internal sealed unsafe class TextColumnWriter : ColumnWriter
{
    private const int EntryBytes = 16;
    private const int InlineBytesMax = 12;

    private NativeBuffer _offsets;
    private NativeBuffer _bytes;
    private int _byteCount;

    protected override void AppendRows(nint vector, ulong* mask, long start, long count)
    {
        _offsets.Reserve((RowCount + count + 1) * sizeof(int));
        var offsets = (int*)_offsets.Pointer;
        if (RowCount == 0)
        {
            offsets[0] = 0;
        }

        var entries = (byte*)DuckDb.VectorData(vector) + (start * EntryBytes);
        for (long row = 0; row < count; row++)
        {
            if (IsValid(mask, start + row))
            {
                AppendValue(entries + (row * EntryBytes));
            }

            offsets[RowCount + row + 1] = _byteCount;
        }
    }

    protected override void FinishRows(CArrowArray* target, nint validity)
    {
        if (RowCount == 0)
        {
            _offsets.Reserve(sizeof(int));
            *(int*)_offsets.Pointer = 0;
        }

        _byteCount = 0;
        ArrowNode.Create(target, RowCount, NullCount, [validity, (nint)_offsets.Take(), (nint)_bytes.Take()], childCount: 0);
    }

    protected override void FreeBuffers()
    {
        _offsets.Free();
        _bytes.Free();
    }

    private void AppendValue(byte* entry)
    {
        var length = *(uint*)entry;
        if (_byteCount + (long)length > int.MaxValue)
        {
            throw new EngineException(
                $"A column of a result batch holds more than {int.MaxValue} bytes of text; read the result in smaller batches.",
                EngineErrorKind.OutOfRange);
        }

        _bytes.Reserve(_byteCount + (long)length + InlineBytesMax);
        var target = _bytes.Pointer + _byteCount;
        if (length <= InlineBytesMax)
        {
            // All 12 bytes, whatever the length: two fixed moves are cheaper than a call, and the room is reserved.
            *(ulong*)target = *(ulong*)(entry + 4);
            *(uint*)(target + 8) = *(uint*)(entry + 12);
        }
        else
        {
            Buffer.MemoryCopy(*(byte**)(entry + 8), target, length, length);
        }

        _byteCount += (int)length;
    }
}
