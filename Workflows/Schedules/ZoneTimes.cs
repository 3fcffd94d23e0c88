namespace OrleansFlow.Workflows.Schedules;

/// <summary>When a clock on the wall shows a time.</summary>
internal static class ZoneTimes
{
    /// <summary>The moments of a local time: one; the end of the gap for a time that is left out; two for a time that comes twice, when both are asked for.</summary>
    public static IEnumerable<DateTimeOffset> Of(DateTime local, TimeZoneInfo zone, bool twice)
    {
        if (zone.IsInvalidTime(local))
        {
            while (zone.IsInvalidTime(local))
            {
                local = local.AddMinutes(1);
            }

            yield return Utc(local, zone.GetUtcOffset(local));
        }
        else if (zone.IsAmbiguousTime(local))
        {
            var offsets = zone.GetAmbiguousTimeOffsets(local);
            yield return Utc(local, offsets.Max());
            if (twice)
            {
                yield return Utc(local, offsets.Min());
            }
        }
        else
        {
            yield return Utc(local, zone.GetUtcOffset(local));
        }
    }

    private static DateTimeOffset Utc(DateTime local, TimeSpan offset) => new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), offset).ToUniversalTime();
}
