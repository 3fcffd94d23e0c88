using System.Collections.Immutable;
using Orleans.Embedded.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>What is shared by copies, and that sharing costs nothing.</summary>
public sealed class ImmutabilityTests
{
    [Fact]
    public void Copy_OfImmutableRecord_ReturnsTheSameReference()
    {
        var point = new Point(1, 2, "x");
        var shape = new Shape("red", point);

        Assert.Same(point, RoundTrip.Copier.Copy(point));
        Assert.Same(point, RoundTrip.Copier.Copy<object>(point));
        Assert.Same(shape, RoundTrip.Copier.Copy(shape));
    }

    [Fact]
    public void Copy_OfRecordWithMutableMember_ReturnsAnother()
    {
        var circle = new Circle("red", new Point(1, 2), 1);

        Assert.NotSame(circle, RoundTrip.Copier.Copy<Shape>(circle));
    }

    [Fact]
    public void Copy_OfMemberMarkedImmutable_SharesIt()
    {
        var cat = new Cat { Lives = [1] };

        var copy = RoundTrip.Copier.Copy(cat);

        Assert.NotSame(cat, copy);
        Assert.Same(cat.Lives, copy.Lives);
    }

    [Fact]
    public void Copy_OfTypesThatContainThemselves_IsDecidedByTheirMutableParts()
    {
        var chain = new Chain(1, new Chain(2, null));
        var loose = new LooseLink(new LooseHolder(null, [1]));

        Assert.Same(chain, RoundTrip.Copier.Copy(chain));
        Assert.NotSame(loose, RoundTrip.Copier.Copy(loose));
        Assert.NotSame(loose.Holder, RoundTrip.Copier.Copy(loose.Holder));
    }

    [Fact]
    public void IsImmutable_OfEachKind_IsAsDocumented()
    {
        Type[] immutable =
        [
            typeof(int), typeof(string), typeof(decimal), typeof(Guid), typeof(Uri), typeof(int?), typeof(Colour),
            typeof(LeaseToken), typeof(Point), typeof(ImmutableArray<Point>), typeof((int, string)), typeof(Tuple<int>),
            typeof(KeyValuePair<string, LeaseToken>), typeof(InvalidOperationException), typeof(CancellationToken),
            typeof(Money), typeof(CodedException),
        ];
        Type[] mutable =
        [
            typeof(int[]), typeof(byte[]), typeof(List<int>), typeof(Node), typeof(Mutable), typeof(ImmutableArray<int[]>),
            typeof((int, int[])), typeof(Vault), typeof(Counter), typeof(ReadOnlyMemory<byte>),
        ];

        Assert.All(immutable, static type => Assert.True(CodecRegistry.Get(type).IsImmutable, type.Name));
        Assert.All(mutable, static type => Assert.False(CodecRegistry.Get(type).IsImmutable, type.Name));
    }

    [Fact]
    public void Copy_OfImmutableValues_AllocatesNothing()
    {
        var point = new Point(1, 2);
        object boxed = 5;
        CopyAll(point, boxed);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            CopyAll(point, boxed);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Copy_OfMutableGraph_AllocatesOnlyTheCopy()
    {
        var node = new Node { Name = "a", Children = [] };
        RoundTrip.Copier.Copy(node);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            RoundTrip.Copier.Copy(node);
        }

        // The context is pooled: a node of 48 bytes, a list of 32 from its initializer and another 32 from the copy.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100 * 150);
    }

    [Fact]
    public void Copy_AfterAFailure_StartsWithAnEmptyContext()
    {
        var shared = new Node();
        var broken = new Node { Next = shared, Tag = (Action)(static () => { }) };

        Assert.ThrowsAny<Exception>(() => RoundTrip.Copier.Copy(broken));

        Assert.NotSame(RoundTrip.Copier.Copy(shared), RoundTrip.Copier.Copy(shared));
    }

    private static void CopyAll(Point point, object boxed)
    {
        RoundTrip.Copier.Copy(point);
        RoundTrip.Copier.Copy<object>(point);
        RoundTrip.Copier.Copy(boxed);
        RoundTrip.Copier.Copy("text");
        RoundTrip.Copier.Copy(5);
        RoundTrip.Copier.Copy(new LeaseToken("a", 1));
        RoundTrip.Copier.Copy<(int, string)>((1, "x"));
    }
}

[GenerateSerializer]
public sealed record Chain(int Value, Chain? Next);

[GenerateSerializer]
public sealed record LooseLink(LooseHolder? Holder);

[GenerateSerializer]
public sealed record LooseHolder(LooseLink? Link, int[] Values);
