using System.Numerics;

namespace OrleansFlow.Streaming.State.Tables;

/// <summary>The least and the greatest of numbers, by whole registers.</summary>
internal static class Extremes
{
    /// <summary>The least and the greatest; of none the greatest and the least that there can be.</summary>
    public static (T Min, T Max) Of<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IMinMaxValue<T>, INumber<T>
    {
        var (min, max, next) = (T.MaxValue, T.MinValue, 0);
        if (values.Length >= Vector<T>.Count)
        {
            var (least, most) = (new Vector<T>(T.MaxValue), new Vector<T>(T.MinValue));
            for (; next <= values.Length - Vector<T>.Count; next += Vector<T>.Count)
            {
                var some = new Vector<T>(values[next..]);
                (least, most) = (Vector.Min(least, some), Vector.Max(most, some));
            }

            for (var lane = 0; lane < Vector<T>.Count; lane++)
            {
                (min, max) = (T.Min(min, least[lane]), T.Max(max, most[lane]));
            }
        }

        for (; next < values.Length; next++)
        {
            (min, max) = (T.Min(min, values[next]), T.Max(max, values[next]));
        }

        return (min, max);
    }
}
