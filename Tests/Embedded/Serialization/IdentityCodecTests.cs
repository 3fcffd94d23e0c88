namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>Ids as arguments, results and parts of states.</summary>
public sealed class IdentityCodecTests
{
    private static readonly SiloAddress Silo = SiloAddress.New(System.Net.IPAddress.Parse("10.1.2.3"), 11111, 7);

    public static TheoryData<object> Values() =>
    [
        GrainId.Create("counter", "a/b c"),
        default(GrainId),
        GrainType.Create("counter"),
        GrainInterfaceType.Create("My.ICounter"),
        IdSpan.Create("key"),
        ActivationId.FromParsableString("@0f8fad5bd9cb469fa16570867728950e"),
        Silo,
        new GrainAddress
        {
            GrainId = GrainId.Create("counter", "a b"),
            ActivationId = ActivationId.FromParsableString("@0f8fad5bd9cb469fa16570867728950e"),
            SiloAddress = Silo,
        },
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public void Id_WrittenAndRead_IsTheSame(object value) => Assert.Equal(value, RoundTrip.Of(value));
}
