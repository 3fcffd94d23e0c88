using Orleans.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>Every kind of annotated type, there and back, and copied.</summary>
public sealed class GeneratedCodecTests
{
    public static TheoryData<string> Ways => ["copy", "bytes"];

    private static T Pass<T>(string way, T value) => way == "copy" ? RoundTrip.Copier.Copy(value) : RoundTrip.Of(value);

    [Theory, MemberData(nameof(Ways))]
    public void RecordStruct_WithExplicitIds_KeepsItsValue(string way)
    {
        var token = new LeaseToken("run/1", long.MaxValue);

        Assert.Equal(token, Pass(way, token));
        Assert.Equal(token, Pass<LeaseToken?>(way, token));
        Assert.Null(Pass<LeaseToken?>(way, null));
        Assert.Equal(default, Pass(way, default(LeaseToken)));
    }

    [Theory, MemberData(nameof(Ways))]
    public void Record_WithImplicitIdsBodyAndBase_KeepsEveryMember(string way)
    {
        var circle = new Circle("red", new Point(1, -2, "p"), 2.5) { Layer = 3, Marks = [1, 2] };

        var back = Assert.IsType<Circle>(Pass<Shape>(way, circle));

        Assert.Equal((circle.Color, circle.Origin, circle.Radius, 3), (back.Color, back.Origin, back.Radius, back.Layer));
        Assert.Equal(circle.Marks, back.Marks);
        Assert.NotSame(circle.Marks, back.Marks);
    }

    [Theory, MemberData(nameof(Ways))]
    public void DerivedRecord_OfBaseWithoutOwnMembers_KeepsLevelsApart(string way)
    {
        var labels = new Labels("blue", new Point(0, 0)) { Layer = 9 };

        Assert.Equal(labels, Pass<Shape>(way, labels));
        Assert.Equal(labels, Pass(way, labels));
    }

    [Theory, MemberData(nameof(Ways))]
    public void Class_WithPrivateInitReadOnlyAndRequiredMembers_KeepsThem(string way)
    {
        var vault = new Vault(42, "ann", 3, "attic") { OpenedAt = DateTimeOffset.UnixEpoch };

        var back = Pass(way, vault);

        Assert.Equal(
            (42, "ann", 3, "attic", DateTimeOffset.UnixEpoch), (back.Code, back.Owner, back.Level, back.Place, back.OpenedAt));
        Assert.Equal(vault.Items, back.Items);
        Assert.NotSame(vault, back);
        Assert.Equal(1, back.Cache);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Struct_WithMutableMember_IsCopiedDeeply(string way)
    {
        var value = new Mutable { Number = 1, Values = [1, 2, 3] };
        value.Hide("x");

        var back = Pass(way, value);

        Assert.Equal((1, "x"), (back.Number, back.Secret));
        Assert.Equal(value.Values, back.Values);
        Assert.NotSame(value.Values, back.Values);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Generic_OfClassAndStruct_KeepsItsValue(string way)
    {
        Assert.Equal(5, Pass(way, new Box<int>(5)).Value);
        Assert.Equal("x", Pass(way, new Box<string>("x")).Value);
        Assert.Equal(["a"], Pass<object>(way, new Box<List<string>>(["a"])) is Box<List<string>> box ? box.Value : []);
        Assert.Equal(3, Pass<object>(way, new Box<int>.Lid { Inner = 3 }) is Box<int>.Lid lid ? lid.Inner : 0);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Hierarchy_ThroughAbstractBase_KeepsTheType(string way)
    {
        Animal[] animals = [new Dog { Name = "rex", Barks = 3 }, new Cat { Name = "tom", Lives = [9] }];

        var back = Pass(way, animals);

        Assert.Equal(("rex", 3), Assert.IsType<Dog>(back[0]) is var dog ? (dog.Name, dog.Barks) : default);
        Assert.Equal([9], Assert.IsType<Cat>(back[1]).Lives);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Class_WithCapturedParameters_KeepsThem(string way)
    {
        var back = Pass(way, new Counter(10, [1, 2]));

        Assert.Equal(13, back.Total);
        Assert.Equal([1, 2], back.Steps);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Class_WithIdsByName_KeepsItsProperties(string way)
    {
        var back = Pass(way, new ByName { First = "a", Second = 2 });

        Assert.Equal(("a", 2), (back.First, back.Second));
    }

    [Theory, MemberData(nameof(Ways))]
    public void Converter_PlainAndGeneric_StandsForTheValue(string way)
    {
        var money = new Money(12.50m, "EUR");

        var back = Pass(way, money);
        var pair = Pass<object>(way, new Pair<Money>(money, money));

        Assert.Equal((12.50m, "EUR"), (back.Amount, back.Currency));
        Assert.Equal("EUR", Assert.IsType<Pair<Money>>(pair).Right.Currency);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Enum_DeclaredBoxedAndWithoutName_KeepsItsNumber(string way)
    {
        Assert.Equal(Colour.Blue, Pass(way, Colour.Blue));
        Assert.Equal(Colour.Blue, Pass<object>(way, Colour.Blue));
        Assert.Equal((Colour)77, Pass(way, (Colour)77));
        Assert.Equal(DayOfWeek.Friday, Pass(way, DayOfWeek.Friday));
    }

    [Theory, MemberData(nameof(Ways))]
    public void Graph_WithCycleAndSharing_KeepsIdentity(string way)
    {
        var shared = new Node { Name = "s" };
        var root = new Node { Name = "r", Children = [shared, shared], Tag = shared };
        root.Next = root;
        shared.Next = root;

        var back = Pass(way, root);

        Assert.NotSame(root, back);
        Assert.Same(back, back.Next);
        Assert.Same(back.Children[0], back.Children[1]);
        Assert.Same(back.Children[0], back.Tag);
        Assert.Same(back, back.Children[0].Next);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Collection_ThatContainsItself_KeepsTheCycle(string way)
    {
        var list = new List<object>();
        list.Add(list);
        var array = new object[1];
        array[0] = array;

        var backList = Pass(way, list);
        var backArray = Pass(way, array);

        Assert.Same(backList, backList[0]);
        Assert.Same(backArray, backArray[0]);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Untracked_SharedTwice_BecomesTwoObjects(string way)
    {
        var one = new Untracked { Text = "t" };

        var back = Pass<Untracked[]>(way, [one, one]);

        Assert.Equal("t", back[1].Text);
        Assert.Equal(way == "copy", ReferenceEquals(back[0], back[1]));
    }

    [Fact]
    public void UnregisteredType_CopiedOrWritten_NamesTheTypeAndTheWayOut()
    {
        var animal = new UnknownAnimal();

        foreach (var action in (Action[])[() => RoundTrip.Copier.Copy<Animal>(animal), () => RoundTrip.Of<Animal>(animal)])
        {
            var exception = Assert.Throws<CodecNotFoundException>(action);
            Assert.Contains(nameof(UnknownAnimal), exception.Message, StringComparison.Ordinal);
            Assert.Contains("[GenerateSerializer]", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Delegate_Copied_IsRefusedWithAdvice()
    {
        var exception = Assert.Throws<CodecNotFoundException>(() => RoundTrip.Copier.Copy<object>(() => 1));

        Assert.Contains("delegate", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chain_DeeperThanTheStack_FailsInsteadOfEndingTheProcess()
    {
        var root = new Node();
        var last = root;
        for (var i = 0; i < 1_000_000; i++)
        {
            last = last.Next = new Node();
        }

        Assert.Throws<SerializerException>(() => RoundTrip.Copier.Copy(root));
        Assert.Throws<SerializerException>(() => RoundTrip.Serializer.SerializeToArray(root));
    }
}
