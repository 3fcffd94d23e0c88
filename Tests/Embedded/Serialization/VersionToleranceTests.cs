using Orleans.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>
/// Two versions of a type read each other's bytes: unknown members are skipped, missing ones keep what the constructor
/// gave them, and references into skipped members still work.
/// </summary>
public sealed class VersionToleranceTests
{
    [Fact]
    public void NewBytes_ReadByOldType_SkipUnknownMembers()
    {
        var v2 = new JobV2 { Name = "n", Priority = 5, Tags = ["x"], Owner = new OwnerV2 { Mail = "m" }, Weight = 1.5, Token = new("t", 1) };

        var v1 = As<JobV2, JobV1>(v2);

        Assert.Equal(("n", 5), (v1.Name, v1.Priority));
    }

    [Fact]
    public void OldBytes_ReadByNewType_KeepDefaults()
    {
        var v2 = As<JobV1, JobV2>(new JobV1 { Name = "n", Priority = 5 });

        Assert.Equal(("n", 5, 1.0), (v2.Name, v2.Priority, v2.Weight));
        Assert.Equal(["default"], v2.Tags);
        Assert.Null(v2.Owner);
    }

    [Fact]
    public void ExplicitNull_ReadWhereTheConstructorSetsAValue_StaysNull()
    {
        Assert.Null(As<JobV2, JobV2>(new JobV2 { Tags = null }).Tags);
    }

    [Fact]
    public void Reference_IntoASkippedMember_IsFoundLater()
    {
        var owner = new OwnerV2 { Mail = "m" };
        owner.Self = owner;
        var v2 = new LinksV2 { Hidden = [new OwnerV2 { Mail = "other" }, owner], Kept = owner, Again = owner, Any = owner };

        var v1 = As<LinksV2, LinksV1>(v2);

        Assert.Equal("m", v1.Kept!.Mail);
        Assert.Same(v1.Kept, v1.Again);
        Assert.Same(v1.Kept, v1.Any);
        Assert.Same(v1.Kept, v1.Kept.Self);
    }

    [Fact]
    public void UnknownType_InASkippedMember_DoesNoHarm()
    {
        var bytes = RoundTrip.Serializer.SerializeToArray(new LinksV2 { Stranger = new OwnerV2 { Mail = "s" } });
        Replace(bytes, "OwnerV2", "Owner??");

        Assert.Null(RoundTrip.Serializer.Deserialize<LinksV1>(bytes).Kept);
        Assert.Throws<IllegalTypeException>(() => RoundTrip.Serializer.Deserialize<LinksV2>(bytes));
    }

    [Fact]
    public void DerivedLevel_AddedLater_IsReadBothWays()
    {
        var v1 = As<DogV2, DogV1>(new DogV2 { Name = "rex", Barks = 2, Age = 3 });
        var v2 = As<DogV1, DogV2>(new DogV1 { Name = "rex", Barks = 2 });

        Assert.Equal(("rex", 2), (v1.Name, v1.Barks));
        Assert.Equal(("rex", 2, 0), (v2.Name, v2.Barks, v2.Age));
    }

    [Fact]
    public void Integer_MadeWider_IsRead_AndNarrower_IsChecked()
    {
        Assert.Equal(7L, As<int, long>(7));
        Assert.Equal(7, As<long, int>(7));
        Assert.Throws<SerializerException>(() => As<long, int>(long.MaxValue));
    }

    internal static void Replace(byte[] bytes, string from, string to)
    {
        var index = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(from));
        Assert.True(index >= 0);
        System.Text.Encoding.UTF8.GetBytes(to).CopyTo(bytes, index);
    }

    private static TOut As<TIn, TOut>(TIn value) =>
        RoundTrip.Serializer.Deserialize<TOut>(RoundTrip.Serializer.SerializeToArray(value));
}

[GenerateSerializer]
public sealed class JobV1
{
    [Id(0)]
    public string? Name { get; set; }

    [Id(4)]
    public int Priority { get; set; }
}

[GenerateSerializer]
public sealed class JobV2
{
    [Id(0)]
    public string? Name { get; set; }

    [Id(1)]
    public List<string>? Tags { get; set; } = ["default"];

    [Id(2)]
    public OwnerV2? Owner { get; set; }

    [Id(3)]
    public double Weight { get; set; } = 1.0;

    [Id(4)]
    public int Priority { get; set; }

    [Id(5)]
    public LeaseToken Token { get; set; }
}

[GenerateSerializer]
public sealed class OwnerV2
{
    [Id(0)]
    public string? Mail { get; set; }

    [Id(1)]
    public OwnerV2? Self { get; set; }
}

[GenerateSerializer]
public sealed class LinksV1
{
    [Id(2)]
    public OwnerV2? Kept { get; set; }

    [Id(3)]
    public OwnerV2? Again { get; set; }

    [Id(4)]
    public object? Any { get; set; }
}

[GenerateSerializer]
public sealed class LinksV2
{
    [Id(0)]
    public object? Stranger { get; set; }

    [Id(1)]
    public List<OwnerV2>? Hidden { get; set; }

    [Id(2)]
    public OwnerV2? Kept { get; set; }

    [Id(3)]
    public OwnerV2? Again { get; set; }

    [Id(4)]
    public object? Any { get; set; }
}

[GenerateSerializer]
public sealed class DogV1 : Animal
{
    [Id(0)]
    public int Barks { get; set; }
}

[GenerateSerializer]
public class BarkerV2 : Animal
{
    [Id(0)]
    public int Barks { get; set; }
}

[GenerateSerializer]
public sealed class DogV2 : BarkerV2
{
    [Id(0)]
    public int Age { get; set; }
}
