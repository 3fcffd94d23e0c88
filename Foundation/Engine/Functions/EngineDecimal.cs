using System.Globalization;

namespace OrleansFlow.Engine.Functions;

/// <summary>Decimals: the engine keeps a number of 16 bytes and its type says where the point is.</summary>
internal static unsafe class EngineDecimal
{
    private static readonly Int128[] Powers = MakePowers();
    private static readonly Int128 MantissaMax = (Int128)decimal.MaxValue;
    private static readonly Int128 WidthMax = Powers[38] - 1;

    /// <exception cref="OverflowException">It has more digits than a decimal of .NET.</exception>
    public static decimal Read(byte* data, long row, int scale)
    {
        var value = ((Int128*)data)[row];
        var magnitude = Int128.Abs(value);
        while (magnitude > MantissaMax)
        {
            var (quotient, digit) = Int128.DivRem(magnitude, 10);
            if (digit != 0 || scale == 0)
            {
                throw new OverflowException(string.Create(CultureInfo.InvariantCulture, $"The decimal {value}e-{scale} has more digits than a System.Decimal holds."));
            }

            (magnitude, scale) = (quotient, scale - 1);
        }

        var low = (ulong)magnitude;
        return new decimal((int)low, (int)(low >> 32), (int)(ulong)(magnitude >> 64), value < 0, (byte)scale);
    }

    /// <summary>Rounds half away from zero, as the engine's casts do.</summary>
    /// <exception cref="OverflowException">It does not fit into 38 digits.</exception>
    public static void Write(byte* data, long row, decimal value, int scale)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var magnitude = new Int128((uint)bits[2], ((ulong)(uint)bits[1] << 32) | (uint)bits[0]);
        var shift = scale - ((bits[3] >> 16) & 0xFF);
        if (shift < 0)
        {
            var power = Powers[-shift];
            magnitude = (magnitude + (power / 2)) / power;
        }
        else if (magnitude <= WidthMax / Powers[shift])
        {
            magnitude *= Powers[shift];
        }
        else
        {
            throw new OverflowException(string.Create(CultureInfo.InvariantCulture, $"{value} does not fit into DECIMAL(38,{scale}); choose another scale for the function."));
        }

        ((Int128*)data)[row] = value < 0 ? -magnitude : magnitude;
    }

    private static Int128[] MakePowers()
    {
        var powers = new Int128[39];
        powers[0] = 1;
        for (var index = 1; index < powers.Length; index++)
        {
            powers[index] = powers[index - 1] * 10;
        }

        return powers;
    }
}
