namespace OrleansFlow.Streaming.Formats;

/// <summary>Times from one unit to another; what is finer than the unit is cut off towards the past.</summary>
internal static class TimeScale
{
    /// <summary>Scales a time.</summary>
    /// <param name="value">In the one unit.</param>
    /// <param name="from">How many of them are in a second.</param>
    /// <param name="to">How many of the other are in a second.</param>
    /// <param name="scaled">In the other unit.</param>
    /// <returns>False: it goes beyond 64 bits.</returns>
    public static bool TryScale(long value, long from, long to, out long scaled)
    {
        var product = (Int128)value * to;
        var quotient = product / from;
        if (product % from < 0)
        {
            quotient--;
        }

        scaled = (long)quotient;
        return quotient == scaled;
    }
}
