using System.Buffers;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Formats;

/// <summary>The text or bytes of the one column; a null is an empty record.</summary>
internal sealed class ValueRowEncoder : RowEncoder
{
    public override void Encode(RecordBatch batch, int row, IBufferWriter<byte> target)
    {
        if (batch.Column(0) is { } column && !column.IsNull(row))
        {
            target.Write(((VariableBinaryArray)column).GetBytes(row));
        }
    }
}
