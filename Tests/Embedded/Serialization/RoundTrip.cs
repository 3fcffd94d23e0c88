using Orleans.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

internal static class RoundTrip
{
    public static readonly Serializer Serializer = new();

    public static readonly DeepCopier Copier = new();

    public static T Of<T>(T value) => Serializer.Deserialize<T>(Serializer.SerializeToArray(value));
}
