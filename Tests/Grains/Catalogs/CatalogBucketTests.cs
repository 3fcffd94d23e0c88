using OrleansFlow.Catalogs;
using OrleansFlow.Grains.Catalogs;

namespace OrleansFlow.Tests.Grains.Catalogs;

public sealed class CatalogBucketTests
{
    // Computed with a separate implementation of FNV-1a.
    [Theory]
    [InlineData("t", 194)]
    [InlineData("tasks", 244)]
    [InlineData("TASKS", 244)]
    [InlineData("Größe", 232)]
    [InlineData("a.b-c_1", 159)]
    public void NumberOf_AName_IsTheSameForEver(string name, int number) => Assert.Equal(number, CatalogBucket.NumberOf(name));

    [Fact]
    public void NumberOf_ManyNames_SpreadsThem()
    {
        var most = Enumerable.Range(0, ICatalogGrain.TablesMax).Select(index => CatalogBucket.NumberOf($"table_{index}")).CountBy(number => number).Max(pair => pair.Value);

        Assert.InRange(most, 1, 3 * ICatalogGrain.TablesMax / CatalogBucket.Count);
    }

    [Fact]
    public void Publish_NewTableThenReplacement_RaisesTheVersionAndKeepsTheName()
    {
        var (made, one) = CatalogBucket.Empty(41).Publish(Table("Name", "m1"), 0);
        var (replaced, two) = one!.Publish(Table("NAME", "m2"), 42);

        Assert.Equal((true, "Name", "m1", 42L), (made.Accepted, made.Current!.Name, made.Current.Manifest, made.Current.Version));
        Assert.Equal((true, "Name", "m2", 43L), (replaced.Accepted, replaced.Current!.Name, replaced.Current.Manifest, replaced.Current.Version));
        Assert.Equal(replaced.Current, two!.Find("name"));
        Assert.Equal("m1", one.Find("name")!.Manifest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(41)]
    [InlineData(43)]
    public void Publish_AnotherVersionThanExpected_ChangesNothingAndTellsTheCurrent(long expected)
    {
        var bucket = CatalogBucket.Empty(41).Publish(Table("t", "m1"), 0).Next!;

        var (receipt, next) = bucket.Publish(Table("t", "m2"), expected);

        Assert.Null(next);
        Assert.Equal((false, "m1"), (receipt.Accepted, receipt.Current!.Manifest));
    }

    [Fact]
    public void TryDrop_ThenMakingItAgain_NeverGivesTheSameVersion()
    {
        var first = CatalogBucket.Empty(0).Publish(Table("t", "m1"), 0);
        Assert.Null(first.Next!.TryDrop("t", 2));
        Assert.Null(first.Next.TryDrop("other", 1));
        var dropped = first.Next.TryDrop("T", 1)!;
        Assert.Null(dropped.Find("t"));

        var again = dropped.Publish(Table("t", "m2"), 0);

        // Who still holds the version before the drop must not replace what came after it.
        Assert.True(again.Receipt.Current!.Version > first.Receipt.Current!.Version);
        Assert.Null(again.Next!.Publish(Table("t", "m3"), first.Receipt.Current.Version).Next);
    }

    internal static CatalogTable Table(string name, string manifest) => new() { Name = name, Schema = [1, 2, 3], Manifest = manifest, Rows = 4, Bytes = 5 };
}
