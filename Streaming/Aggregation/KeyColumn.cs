using System.Buffers.Binary;
using OrleansFlow.Arrow;

namespace OrleansFlow.Streaming.Aggregation;

/// <summary>Writes values of one column of a key as bytes, and reads them back. Equal keys have equal bytes.</summary>
internal abstract class KeyColumn
{
    /// <summary>A column of a type.</summary>
    /// <exception cref="NotSupportedException">Values of the type cannot be keys; the message names it.</exception>
    public static KeyColumn Of(ArrowType type) => type switch
    {
        _ when KeyBits.IsSupported(type) => new BitsColumn(type),
        DecimalType { FixedBitWidth: 128 } => new WideColumn(type),
        StringType or BinaryType or StringViewType or BinaryViewType or FixedSizeBinaryType => new BytesColumn(type),
        _ => throw new NotSupportedException($"Values of {type.Name} cannot be keys of a window or an aggregate; take a part of them that is a number or a text."),
    };

    /// <summary>Takes the values of a batch, until the next ones.</summary>
    public abstract void Begin(ArrowArray array);

    /// <summary>Most bytes that a row's value takes.</summary>
    public abstract int SizeOf(int row);

    /// <summary>Writes a row's value.</summary>
    /// <returns>Bytes written.</returns>
    public abstract int Write(int row, Span<byte> target);

    /// <summary>Appends the value that begins at the start of some bytes.</summary>
    /// <returns>Its bytes.</returns>
    public abstract int Read(ReadOnlySpan<byte> source, ArrowArrayBuilder builder);

    private sealed class BitsColumn(ArrowType type) : KeyColumn
    {
        private readonly ArrowType _type = type;
        private ulong[] _bits = [];
        private ArrowArray? _array;

        public override void Begin(ArrowArray array)
        {
            _array = array.Type.Equals(_type) ? array : throw new ArgumentException($"A key of {_type.Name} cannot be of {array.Type.Name}.", nameof(array));
            if (_bits.Length < array.Length)
            {
                _bits = new ulong[array.Length];
            }

            KeyBits.Fill(array, _bits.AsSpan(0, array.Length));
        }

        public override int SizeOf(int row) => 1 + sizeof(ulong);

        public override int Write(int row, Span<byte> target)
        {
            if (_array!.IsNull(row))
            {
                target[0] = 0;
                return 1;
            }

            target[0] = 1;
            BinaryPrimitives.WriteUInt64LittleEndian(target[1..], _bits[row]);
            return 1 + sizeof(ulong);
        }

        public override int Read(ReadOnlySpan<byte> source, ArrowArrayBuilder builder)
        {
            if (source[0] == 0)
            {
                builder.AppendNull();
                return 1;
            }

            KeyBits.Append(builder, BinaryPrimitives.ReadUInt64LittleEndian(source[1..]));
            return 1 + sizeof(ulong);
        }
    }

    private sealed class WideColumn(ArrowType type) : KeyColumn
    {
        private const int Width = 16;
        private readonly ArrowType _type = type;
        private PrimitiveArray<Int128>? _array;

        public override void Begin(ArrowArray array) =>
            _array = array.Type.Equals(_type) ? (PrimitiveArray<Int128>)array : throw new ArgumentException($"A key of {_type.Name} cannot be of {array.Type.Name}.", nameof(array));

        public override int SizeOf(int row) => 1 + Width;

        public override int Write(int row, Span<byte> target)
        {
            if (_array!.IsNull(row))
            {
                target[0] = 0;
                return 1;
            }

            target[0] = 1;
            BinaryPrimitives.WriteInt128LittleEndian(target[1..], _array.Values[row]);
            return 1 + Width;
        }

        public override int Read(ReadOnlySpan<byte> source, ArrowArrayBuilder builder)
        {
            if (source[0] == 0)
            {
                builder.AppendNull();
                return 1;
            }

            ((PrimitiveBuilder<Int128>)builder).Append(BinaryPrimitives.ReadInt128LittleEndian(source[1..]));
            return 1 + Width;
        }
    }

    private sealed class BytesColumn(ArrowType type) : KeyColumn
    {
        private readonly ArrowType _type = type;
        private ArrowArray? _array;

        public override void Begin(ArrowArray array) =>
            _array = array.Type.Equals(_type) ? array : throw new ArgumentException($"A key of {_type.Name} cannot be of {array.Type.Name}.", nameof(array));

        public override int SizeOf(int row) => 1 + sizeof(int) + (_array!.IsNull(row) ? 0 : ArrowBytes.Of(_array, row).Length);

        public override int Write(int row, Span<byte> target)
        {
            if (_array!.IsNull(row))
            {
                target[0] = 0;
                return 1;
            }

            var bytes = ArrowBytes.Of(_array, row);
            target[0] = 1;
            BinaryPrimitives.WriteInt32LittleEndian(target[1..], bytes.Length);
            bytes.CopyTo(target[(1 + sizeof(int))..]);
            return 1 + sizeof(int) + bytes.Length;
        }

        public override int Read(ReadOnlySpan<byte> source, ArrowArrayBuilder builder)
        {
            if (source[0] == 0)
            {
                builder.AppendNull();
                return 1;
            }

            var length = BinaryPrimitives.ReadInt32LittleEndian(source[1..]);
            ArrowBytes.Append(builder, source.Slice(1 + sizeof(int), length));
            return 1 + sizeof(int) + length;
        }
    }
}
