using System.Globalization;
using System.Text;
using OrleansFlow.Arrow;

namespace OrleansFlow.Samples.Rides;

/// <summary>Draws what each zone brought in a window, once all rows of that window are there: when the first row of the next one comes.</summary>
/// <param name="output">Where it is drawn.</param>
/// <param name="clears">Whether a picture takes the place of the one before.</param>
internal sealed class Dashboard(TextWriter output, bool clears)
{
    private const int BarMax = 40;
    private const string ClearScreen = "\u001b[H\u001b[J";

    private readonly SortedDictionary<string, (long Rides, double Takings)> _zones = new(StringComparer.Ordinal);
    private long _untilMs = -1;

    /// <summary>Takes rows: zone, rides, takings, end of the window.</summary>
    /// <returns>Pictures that were drawn.</returns>
    public int Add(RecordBatch rows)
    {
        var drawn = 0;
        var (zones, rides, takings, until) = (rows.Column<StringArray>(0), rows.Column<Int64Array>(1), rows.Column<DoubleArray>(2), rows.Column<Int64Array>(3));
        for (var row = 0; row < rows.RowCount; row++)
        {
            if (until.Values[row] != _untilMs)
            {
                drawn += Draw();
                _untilMs = until.Values[row];
            }

            _zones[zones.GetString(row)!] = (rides.Values[row], takings.Values[row]);
        }

        return drawn;
    }

    private int Draw()
    {
        if (_zones.Count == 0)
        {
            return 0;
        }

        var most = _zones.Values.Max(zone => zone.Rides);
        var picture = new StringBuilder(clears ? ClearScreen : "");
        picture.AppendLine(CultureInfo.InvariantCulture, $"The last ten seconds, until {DateTimeOffset.FromUnixTimeMilliseconds(_untilMs):HH:mm:ss} UTC");
        foreach (var (zone, (rides, takings)) in _zones)
        {
            picture.AppendLine(CultureInfo.InvariantCulture, $"{zone,-11} {new string('#', (int)(rides * BarMax / most)),-BarMax} {rides,6:N0} rides {takings,10:N2}");
        }

        output.Write(picture);
        _zones.Clear();
        return 1;
    }
}
