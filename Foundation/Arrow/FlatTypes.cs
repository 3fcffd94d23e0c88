namespace OrleansFlow.Arrow;

/// <summary>Every value is null.</summary>
public sealed record NullType : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Null;

    /// <inheritdoc/>
    public override string Name => "null";
}

/// <summary>True or false, one bit each.</summary>
public sealed record BooleanType : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.Boolean;

    /// <inheritdoc/>
    public override string Name => "bool";

    /// <inheritdoc/>
    public override int FixedBitWidth => 1;
}

/// <summary>Integers.</summary>
public sealed record IntegerType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="bitWidth">8, 16, 32 or 64.</param>
    /// <param name="isSigned">Whether values can be negative.</param>
    public IntegerType(int bitWidth, bool isSigned)
    {
        if (bitWidth is not (8 or 16 or 32 or 64))
        {
            throw new ArgumentOutOfRangeException(nameof(bitWidth), bitWidth, "Integers have 8, 16, 32 or 64 bits.");
        }

        FixedBitWidth = bitWidth;
        IsSigned = isSigned;
    }

    /// <summary>Whether values can be negative.</summary>
    public bool IsSigned { get; }

    /// <inheritdoc/>
    public override int FixedBitWidth { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => (FixedBitWidth, IsSigned) switch
    {
        (8, true) => ArrowTypeId.Int8,
        (8, false) => ArrowTypeId.UInt8,
        (16, true) => ArrowTypeId.Int16,
        (16, false) => ArrowTypeId.UInt16,
        (32, true) => ArrowTypeId.Int32,
        (32, false) => ArrowTypeId.UInt32,
        (_, true) => ArrowTypeId.Int64,
        _ => ArrowTypeId.UInt64,
    };

    /// <inheritdoc/>
    public override string Name => (IsSigned ? "int" : "uint") + FixedBitWidth;
}

/// <summary>IEEE 754 numbers.</summary>
public sealed record FloatingPointType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="bitWidth">16, 32 or 64.</param>
    public FloatingPointType(int bitWidth)
    {
        if (bitWidth is not (16 or 32 or 64))
        {
            throw new ArgumentOutOfRangeException(nameof(bitWidth), bitWidth, "Floating point numbers have 16, 32 or 64 bits.");
        }

        FixedBitWidth = bitWidth;
    }

    /// <inheritdoc/>
    public override int FixedBitWidth { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => FixedBitWidth switch
    {
        16 => ArrowTypeId.Float16,
        32 => ArrowTypeId.Float32,
        _ => ArrowTypeId.Float64,
    };

    /// <inheritdoc/>
    public override string Name => FixedBitWidth switch
    {
        16 => "halffloat",
        32 => "float",
        _ => "double",
    };
}

/// <summary>UTF-8 text.</summary>
/// <param name="IsLarge">Whether offsets have 64 bits.</param>
public sealed record StringType(bool IsLarge) : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => IsLarge ? ArrowTypeId.LargeUtf8 : ArrowTypeId.Utf8;

    /// <inheritdoc/>
    public override string Name => IsLarge ? "large_utf8" : "utf8";
}

/// <summary>Bytes of any length.</summary>
/// <param name="IsLarge">Whether offsets have 64 bits.</param>
public sealed record BinaryType(bool IsLarge) : ArrowType
{
    /// <inheritdoc/>
    public override ArrowTypeId Id => IsLarge ? ArrowTypeId.LargeBinary : ArrowTypeId.Binary;

    /// <inheritdoc/>
    public override string Name => IsLarge ? "large_binary" : "binary";
}

/// <summary>Bytes of one fixed length.</summary>
public sealed record FixedSizeBinaryType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="byteWidth">Bytes of one value, 0 or more.</param>
    public FixedSizeBinaryType(int byteWidth)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteWidth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteWidth, int.MaxValue / 8);
        ByteWidth = byteWidth;
    }

    /// <summary>Bytes of one value.</summary>
    public int ByteWidth { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => ArrowTypeId.FixedSizeBinary;

    /// <inheritdoc/>
    public override string Name => $"fixed_size_binary[{ByteWidth}]";

    /// <inheritdoc/>
    public override int FixedBitWidth => ByteWidth * 8;
}

/// <summary>A decimal number: an integer times ten to the power of minus <see cref="Scale"/>.</summary>
public sealed record DecimalType : ArrowType
{
    /// <summary>Creates the type.</summary>
    /// <param name="precision">Digits: 1 to 9, 18, 38 or 76, depending on the width.</param>
    /// <param name="scale">Digits behind the point, -1000 to 1000; the format sets no bound, but 10 to that power must stay a sane number.</param>
    /// <param name="bitWidth">32, 64, 128 or 256.</param>
    public DecimalType(int precision, int scale, int bitWidth)
    {
        var most = bitWidth switch
        {
            32 => 9,
            64 => 18,
            128 => 38,
            256 => 76,
            _ => throw new ArgumentOutOfRangeException(nameof(bitWidth), bitWidth, "Decimals have 32, 64, 128 or 256 bits."),
        };
        if (precision < 1 || precision > most)
        {
            throw new ArgumentOutOfRangeException(nameof(precision), precision, $"A {bitWidth}-bit decimal has 1 to {most} digits.");
        }

        if (scale is < -1000 or > 1000)
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "The scale of a decimal lies between -1000 and 1000.");
        }

        Precision = precision;
        Scale = scale;
        FixedBitWidth = bitWidth;
    }

    /// <summary>Most digits of a value.</summary>
    public int Precision { get; }

    /// <summary>Digits behind the point; negative for trailing zeros before it.</summary>
    public int Scale { get; }

    /// <inheritdoc/>
    public override int FixedBitWidth { get; }

    /// <inheritdoc/>
    public override ArrowTypeId Id => FixedBitWidth switch
    {
        32 => ArrowTypeId.Decimal32,
        64 => ArrowTypeId.Decimal64,
        128 => ArrowTypeId.Decimal128,
        _ => ArrowTypeId.Decimal256,
    };

    /// <inheritdoc/>
    public override string Name => $"decimal{FixedBitWidth}({Precision}, {Scale})";
}
