using System.Numerics;

namespace OrleansFlow.Arrow;

/// <summary>
/// Checks what types promise of values beyond where they lie: digits of decimals, times within a day, whole days, keys of maps that are
/// not null. No reader depends on it, so it is only part of <see cref="ArrowArray.ValidateFull"/>.
/// </summary>
internal static class PromiseValidator
{
    private const long SecondsADay = 86_400;

    public static string? FindDefect(ArrowArray array)
    {
        var own = array switch
        {
            { Type: DecimalType type } => FindDecimalDefect(array, type),
            Date64Array dates => Find(dates, static value => value % (SecondsADay * 1000) == 0, "is not a whole day"),
            Time32Array times => Find(times, InDay32(times.Unit), "is not within a day"),
            Time64Array times => Find(times, InDay64(times.Unit), "is not within a day"),
            MapArray map => FindKeyDefect(map),
            _ => null,
        };
        return own ?? array.Data.Children.Select(FindDefect).FirstOrDefault(defect => defect is not null)
            ?? (array.Data.Dictionary is { } dictionary ? FindDefect(dictionary) : null);
    }

    /// <summary>Says which field that is not nullable has a null, the fields of structs included.</summary>
    public static string? FindForbiddenNull(ArrowField field, ArrowArray array)
    {
        if (!field.IsNullable && array is not NullArray)
        {
            for (var i = 0; i < array.Length; i++)
            {
                if (array.IsNull(i))
                {
                    return $"Column '{field.Name}' is not nullable, but value {i} is null.";
                }
            }
        }

        // Below a null struct a field has nothing to say, so only structs without nulls are entered.
        if (array is StructArray { NullCount: 0 } rows)
        {
            for (var i = 0; i < rows.FieldCount; i++)
            {
                if (FindForbiddenNull(rows.Type.Children[i], rows.Field(i)) is { } defect)
                {
                    return defect;
                }
            }
        }

        return null;
    }

    private static string? FindDecimalDefect(ArrowArray array, DecimalType type)
    {
        var limit = BigInteger.Pow(10, type.Precision);
        return array switch
        {
            Decimal32Array values => Find(values, value => BigInteger.Abs(value) < limit, $"has more than {type.Precision} digits"),
            Decimal64Array values => Find(values, value => BigInteger.Abs(value) < limit, $"has more than {type.Precision} digits"),
            Decimal128Array values => Find(values, value => BigInteger.Abs(value) < limit, $"has more than {type.Precision} digits"),
            Decimal256Array values => Enumerable.Range(0, values.Length).Where(i => values.IsValid(i) && BigInteger.Abs(values.GetUnscaled(i)) >= limit)
                .Select(i => $"{type.Name}: value {i} has more than {type.Precision} digits.").FirstOrDefault(),
            _ => null,
        };
    }

    private static string? FindKeyDefect(MapArray map)
    {
        if (map.Keys.NullCount == 0)
        {
            return null;
        }

        for (var i = 0; i < map.Length; i++)
        {
            var (start, length) = map.IsValid(i) ? map.GetRange(i) : default;
            for (var key = start; key < start + length; key++)
            {
                if (map.Keys.IsNull(key))
                {
                    return $"{map.Type.Name}: map {i} has a null key.";
                }
            }
        }

        return null;
    }

    private static Func<int, bool> InDay32(TimeUnit unit) => value => value >= 0 && value < SecondsADay * (unit == TimeUnit.Second ? 1 : 1000);

    private static Func<long, bool> InDay64(TimeUnit unit) => value => value >= 0 && value < SecondsADay * (unit == TimeUnit.Microsecond ? 1_000_000 : 1_000_000_000);

    private static string? Find<T>(PrimitiveArray<T> array, Func<T, bool> isRight, string what)
        where T : unmanaged
    {
        for (var i = 0; i < array.Length; i++)
        {
            if (array.IsValid(i) && !isRight(array.At(i)))
            {
                return $"{array.Type.Name}: value {i} {what}.";
            }
        }

        return null;
    }
}
