using System.Globalization;
using OrleansFlow.Arrow;
using OrleansFlow.Benchmarks.Queries.Tables;

namespace OrleansFlow.Benchmarks.Queries.Stars;

/// <summary>Table <c>item</c>. Ten categories with five classes each; some items have no category.</summary>
internal sealed class ItemRows(ulong seed, RecordBatchBuilder batch) : IRowWriter
{
    private static readonly string[] Categories = ["Books", "Music", "Home", "Sports", "Shoes", "Jewelry", "Men", "Women", "Children", "Electronics"];
    private static readonly string[] Classes = ["basic", "classic", "premium", "outlet", "import"];
    private static readonly WordList Colors = new("red", "green", "blue", "black", "white", "peach", "saddle", "powder", "navy", "orchid");
    private static readonly WordList Sizes = new("small", "medium", "large", "extra large", "petite", "N/A");

    public static ArrowSchema Schema { get; } = new(
        Fields.Int("i_item_key"),
        Fields.Text("i_item_id"),
        Fields.Text("i_category", isNullable: true),
        Fields.Text("i_class", isNullable: true),
        Fields.Text("i_brand", isNullable: true),
        Fields.Int("i_maker_id", isNullable: true),
        Fields.Amount("i_price"),
        Fields.Text("i_color"),
        Fields.Text("i_size"));

    /// <summary>The price of an item in cents, which its sales hang on.</summary>
    public static int PriceCents(ulong seed, long item) => 99 + (int)new SeededBits(seed, StarPurpose.Item, item + (1L << 40)).Skewed(30_000, 1);

    public void Append(long unit)
    {
        var bits = new SeededBits(seed, StarPurpose.Item, unit);
        batch.Column<Int32Builder>(0).Append((int)unit + 1);

        // Two versions of an item share its id, as in a dimension that keeps history.
        batch.Column<Utf8Builder>(1).Append(string.Create(CultureInfo.InvariantCulture, $"ITEM{unit / 2:000000}"));
        var category = Categories[bits.Skewed(Categories.Length, 1)];
        var itemClass = Classes[bits.Below(Classes.Length)];
        var maker = bits.Between(1, 100);
        batch.Column<Utf8Builder>(2).Append(bits.Chance(2) ? null : category);
        batch.Column<Utf8Builder>(3).Append(bits.Chance(2) ? null : $"{category.ToLowerInvariant()} {itemClass}");
        batch.Column<Utf8Builder>(4).Append(bits.Chance(2) ? null : string.Create(CultureInfo.InvariantCulture, $"{itemClass} brand #{maker % 10}"));
        batch.Column<Int32Builder>(5).Append(bits.Chance(2) ? null : maker);
        batch.Column<Decimal128Builder>(6).Append((Int128)PriceCents(seed, unit));
        batch.Column<Utf8Builder>(7).Append(Colors.Pick(ref bits));
        batch.Column<Utf8Builder>(8).Append(Sizes.Pick(ref bits));
    }
}
