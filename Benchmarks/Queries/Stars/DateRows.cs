using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>date_dim</c>: every day of six years. The key of a day is its number from 1.</summary>
internal sealed class DateRows(RecordBatchBuilder batch) : IRowWriter
{
    public static readonly DateOnly First = new(1998, 1, 1);

    /// <summary>Days of 1998 to 2003.</summary>
    public const int Count = 2_191;

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("d_date_key"),
        Fields.Date("d_date"),
        Fields.Int("d_year"),
        Fields.Int("d_quarter"),
        Fields.Int("d_month"),
        Fields.Int("d_month_seq"),
        Fields.Int("d_week_seq"),
        Fields.Int("d_day_of_week"),
        Fields.Text("d_day_name"),
        Fields.Flag("d_is_weekend"),
        Fields.Text("d_holiday", isNullable: true));

    public void Append(long unit)
    {
        var date = First.AddDays((int)unit);
        Int(0, (int)unit + 1);
        batch.Column<Date32Builder>(1).Append(date);
        Int(2, date.Year);
        Int(3, ((date.Month - 1) / 3) + 1);
        Int(4, date.Month);
        Int(5, ((date.Year - First.Year) * 12) + date.Month - 1);
        Int(6, ((int)unit + (int)First.DayOfWeek) / 7);
        Int(7, (int)date.DayOfWeek);
        batch.Column<Utf8Builder>(8).Append(date.DayOfWeek.ToString());
        batch.Column<BooleanBuilder>(9).Append(date.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday);
        batch.Column<Utf8Builder>(10).Append((date.Month, date.Day) switch
        {
            (1, 1) => "New Year",
            (5, 1) => "Labour Day",
            (12, 25) => "Christmas",
            (12, 31) => "New Year's Eve",
            _ => null,
        });
    }

    /// <summary>A day that something is sold on: November and December twice as often as other months.</summary>
    public static int Pick(ref SeededBits bits)
    {
        while (true)
        {
            var key = 1 + bits.Below(Count);
            if (First.AddDays(key - 1).Month >= 11 || bits.Chance(50))
            {
                return key;
            }
        }
    }

    private void Int(int column, int value) => batch.Column<Int32Builder>(column).Append(value);
}
