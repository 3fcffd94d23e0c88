using System.Runtime.CompilerServices;

namespace Orleans.Embedded.Serialization;

/// <summary>An enum: its number, sign-extended. Values without a name are kept.</summary>
internal sealed class EnumCodec<T> : Codec<T>
    where T : struct, Enum
{
    private static readonly bool IsUnsigned = Type.GetTypeCode(typeof(T))
        is TypeCode.Byte or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64;

    public override WireKind Kind => WireKind.Varint;

    public override bool IsReadOnly => true;

    public override T Copy(T value, CopyContext context) => value;

    public override void WriteBody(CodecWriter writer, T value) => writer.WriteSigned(Unsafe.SizeOf<T>() switch
    {
        1 => IsUnsigned ? Unsafe.As<T, byte>(ref value) : Unsafe.As<T, sbyte>(ref value),
        2 => IsUnsigned ? Unsafe.As<T, ushort>(ref value) : Unsafe.As<T, short>(ref value),
        4 => IsUnsigned ? Unsafe.As<T, uint>(ref value) : Unsafe.As<T, int>(ref value),
        _ => Unsafe.As<T, long>(ref value),
    });

    public override T ReadBody(CodecReader reader, int ordinal)
    {
        var number = reader.ReadSigned();
        var bits = 8 * Unsafe.SizeOf<T>();
        var fits = bits == 64 || (IsUnsigned ? number >= 0 && number >> bits == 0 : number >> (bits - 1) is 0 or -1);
        if (!fits)
        {
            throw reader.Error($"Number {number} is out of the range of enum '{typeof(T)}'");
        }

        var result = default(T);
        switch (bits)
        {
            case 8:
                Unsafe.As<T, byte>(ref result) = (byte)number;
                break;
            case 16:
                Unsafe.As<T, ushort>(ref result) = (ushort)number;
                break;
            case 32:
                Unsafe.As<T, uint>(ref result) = (uint)number;
                break;
            default:
                Unsafe.As<T, long>(ref result) = number;
                break;
        }

        return result;
    }
}
