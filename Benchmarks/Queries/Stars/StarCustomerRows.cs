using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>customer</c> of the star schema.</summary>
internal sealed class StarCustomerRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly string[] FirstNames = ["Ann", "Bob", "Carla", "Dev", "Eve", "Finn", "Gia", "Hugo", "Ines", "Jan", "Kim", "Lea"];
    private static readonly string[] LastNames = ["Smith", "Jones", "Garcia", "Novak", "Kim", "Sato", "Weber", "Rossi", "Silva", "Khan"];
    private static readonly WordList States = new("TN", "GA", "OH", "TX", "CA", "NY", "WA", "IL");
    private static readonly WordList Cities = new("Fairview", "Midway", "Oak Grove", "Five Points", "Pleasant Hill", "Centerville", "Lakeside");
    private static readonly string[] Countries = ["UNITED STATES", "CANADA", "MEXICO", "GERMANY", "JAPAN", "KENYA"];

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("c_customer_key"),
        Fields.Text("c_customer_id"),
        Fields.Text("c_first_name", isNullable: true),
        Fields.Text("c_last_name", isNullable: true),
        Fields.Int("c_birth_year", isNullable: true),
        Fields.Text("c_birth_country", isNullable: true),
        Fields.Text("c_city"),
        Fields.Text("c_state"),
        Fields.Int("c_income_band", isNullable: true),
        Fields.Int("c_dependents"));

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, StarPurpose.Customer, unit);
        batch.Column<Int32Builder>(0).Append((int)unit + 1);
        batch.Column<Utf8Builder>(1).Append(string.Create(CultureInfo.InvariantCulture, $"CUST{unit + 1:00000000}"));
        batch.Column<Utf8Builder>(2).Append(bits.Chance(4) ? null : FirstNames[bits.Below(FirstNames.Length)]);
        batch.Column<Utf8Builder>(3).Append(bits.Chance(4) ? null : LastNames[bits.Skewed(LastNames.Length, 1)]);
        batch.Column<Int32Builder>(4).Append(bits.Chance(4) ? null : bits.Between(1924, 1992));
        batch.Column<Utf8Builder>(5).Append(bits.Chance(4) ? null : Countries[bits.Skewed(Countries.Length, 2)]);
        batch.Column<Utf8Builder>(6).Append(Cities.Pick(ref bits));
        batch.Column<Utf8Builder>(7).Append(States[(int)bits.Skewed(States.Count, 1)]);
        batch.Column<Int32Builder>(8).Append(bits.Chance(10) ? null : bits.Between(1, 20));
        batch.Column<Int32Builder>(9).Append((int)bits.Skewed(7, 1));
    }
}
