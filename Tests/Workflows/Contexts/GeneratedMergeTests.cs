using System.Text.Json;
using OrleansFlow.Workflows.Contexts;

namespace OrleansFlow.Tests.Workflows.Contexts;

/// <summary>Goal: a type whose merge was generated obeys the laws that its members obey, and its deltas are as small as theirs.</summary>
public sealed partial class GeneratedMergeTests
{
    private static readonly HybridClock Left = Replicas.Clock("left");
    private static readonly HybridClock Right = Replicas.Clock("right");

    [Fact]
    public void Record_ObeysTheMergeLaws() => MergeLaws.Require(Orders());

    [Fact]
    public void Record_ObeysTheMergeLaws_InRandomHistories() => Replicas.HoldLaws<Order>((order, step, clock) => (step % 3) switch
    {
        0 => order with { Items = order.Items.Add(clock.Writer, step) },
        1 => order with { Note = order.Note.Set($"note {step}", clock) },
        _ => order with { Lines = order.Lines.Append($"line {step}", clock) },
    });

    [Fact]
    public void ClassWithInitMembers_ObeysTheMergeLaws_AndIsEqualByContent()
    {
        var samples = Orders().ConvertAll(order => new Basket { Items = order.Items, Note = order.Note });

        MergeLaws.Require(samples);
        Assert.Equal(new Basket { Items = samples[1].Items, Note = samples[1].Note }, samples[1]);
        Assert.Equal(new Basket { Items = samples[1].Items, Note = samples[1].Note }.GetHashCode(), samples[1].GetHashCode());
        Assert.NotEqual(samples[0], samples[1]);
    }

    [Fact]
    public void ClassWithConstructor_ObeysTheMergeLaws() => MergeLaws.Require(Orders().ConvertAll(order => new Shelf(order.Items, order.Note)));

    [Fact]
    public void Struct_ObeysTheMergeLaws_AndItsDefaultIsEmpty()
    {
        MergeLaws.Require(Orders().ConvertAll(order => new Totals(order.Items, order.Note)));

        Assert.Equal(Totals.Empty, Totals.Empty.Merge(default));
        Assert.Equal(Totals.Empty, default(Totals).Merge(default));
        Assert.Equal(Totals.Empty, default(Totals).DeltaSince(default));
    }

    [Fact]
    public void NestedAndGenericMembers_ObeyTheMergeLaws()
    {
        var orders = Orders();

        MergeLaws.Require(orders.ConvertAll(order => new Customer<string>(order, MergeMap<Order>.Empty.Change("a", _ => order), order.Note)));
    }

    [Fact]
    public void Delta_HoldsOnlyTheMembersThatChanged()
    {
        var before = Orders()[1];
        var after = before with { Items = before.Items.Add(Left.Writer, 5) };

        var delta = after.DeltaSince(before);

        Assert.Equal((LastWriter<string>.Empty, EventLog<string>.Empty, Fixed<string>.Empty), (delta.Note, delta.Lines, delta.Id));
        Assert.Equal(after, before.Merge(delta));
        Assert.Equal(Order.Empty, before.DeltaSince(before));
    }

    [Fact]
    public void MemberThatAnOlderFormLacks_CountsAsEmpty()
    {
        var old = JsonSerializer.Deserialize<Order>("""{"Id":{"value":"o-1"}}""")!;

        var merged = Order.Empty.Merge(old);

        Assert.Equal(Order.Empty with { Id = Fixed<string>.Of("o-1") }, merged);
        Assert.Equal(merged.DeltaSince(old), Order.Empty);
    }

    [Fact]
    public void MemberWithoutADeltaOfItsOwn_IsItsOwnDelta()
    {
        MergeLaws.Require([new Peak(new Largest(1)), new Peak(new Largest(2))]);

        Assert.Equal(new Peak(new Largest(2)), new Peak(new Largest(2)).DeltaSince(new Peak(new Largest(1))));
    }

    [Fact]
    public void OwnMergeOfTheType_Stands() => Assert.Equal(new Stubborn(new Largest(1)), new Stubborn(new Largest(1)).Merge(new Stubborn(new Largest(2))));

    [Mergeable]
    public sealed partial record Order(Fixed<string> Id, GrowCounter Items, LastWriter<string> Note, EventLog<string> Lines)
    {
        public bool IsLarge => Items.Value > 10;
    }

    [Mergeable]
    public sealed partial class Basket
    {
        public GrowCounter Items { get; init; } = GrowCounter.Empty;

        public required LastWriter<string> Note { get; init; }
    }

    [Mergeable]
    public sealed partial class Shelf(GrowCounter items, LastWriter<string> note)
    {
        public GrowCounter Items { get; } = items;

        public LastWriter<string> Note { get; } = note;
    }

    [Mergeable]
    public readonly partial record struct Totals(GrowCounter Items, LastWriter<string> Note);

    [Mergeable]
    public sealed partial record Customer<T>(Order Last, MergeMap<Order> Orders, LastWriter<T> Note);

    [Mergeable]
    public sealed partial record Peak(Largest Seen);

    [Mergeable]
    public sealed partial record Stubborn(Largest Seen)
    {
        public Stubborn Merge(Stubborn other) => this;
    }

    public readonly record struct Largest(int Value) : IMergeable<Largest>
    {
        public static Largest Empty => default;

        public Largest Merge(Largest other) => Value >= other.Value ? this : other;
    }

    private static List<Order> Orders()
    {
        var start = Order.Empty with { Id = Fixed<string>.Of("o-1") };
        return
        [
            start,
            start with { Items = start.Items.Add(Left.Writer, 3), Note = start.Note.Set("left", Left) },
            start with { Items = start.Items.Add(Right.Writer, 12), Lines = start.Lines.Append("right", Right) },
        ];
    }
}
