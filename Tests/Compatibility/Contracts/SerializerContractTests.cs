using System.Reflection;

namespace OrleansFlow.Tests.Compatibility.Contracts;

/// <summary>
/// Goal: what crosses a grain boundary is marked so that Orleans' serializer takes it too. Method: walk every type that can be reached
/// from a grain interface of the product, the samples and the tests that run on both runtimes.
/// </summary>
public sealed class SerializerContractTests
{
    private static readonly Lazy<GrainContracts> AllContracts = new(() => new GrainContracts(BuiltAssemblies.BuiltWithGrainRuntime().Select(BuiltAssemblies.Load)));

    private static GrainContracts Contracts => AllContracts.Value;

    [Fact]
    public void Walk_ReachesTheGrainsMessages() =>
        Assert.Contains(Contracts.Reached.Keys, type => type.FullName == "OrleansFlow.Graphs.RunSubmission");

    [Fact]
    public void TypesThatCrossABoundary_HaveASerializer()
    {
        var missing = Contracts.Reached.Where(pair => !pair.Key.IsInterface && !GrainContracts.Has(pair.Key, "Orleans.GenerateSerializerAttribute"))
            .Select(pair => $"{pair.Key} (from {pair.Value}): [GenerateSerializer], or a converter with [RegisterConverter]");

        Faults.None(missing);
    }

    [Fact]
    public void Members_HaveContiguousIdsFromZero()
    {
        var wrong = Contracts.Reached.Keys.Where(type => !type.IsInterface && !type.IsAssignableTo(typeof(Exception)))
            .Select(type => (Type: type, Members: GrainContracts.State(type).ToList()))
            .SelectMany(item => IdFaults(item.Type, item.Members));

        Faults.None(wrong);
    }

    [Fact]
    public void Types_HaveAnAliasOfTheirOwn()
    {
        var types = Contracts.Reached.Keys.Where(type => !type.IsInterface).Concat(Contracts.Interfaces).ToList();
        var missing = types.Where(type => IsProduct(type) && GrainContracts.Alias(type) is null).Select(type => $"{type}: [Alias(\"...\")]");
        var shared = types.Where(type => GrainContracts.Alias(type) is not null)
            .GroupBy(type => GrainContracts.Alias(type), StringComparer.Ordinal)
            .Where(group => group.Count() > 1)
            .Select(group => $"alias '{group.Key}': {string.Join(", ", group)}");

        Faults.None(missing.Concat(shared));
    }

    [Fact]
    public void Methods_HaveAnAliasOfTheirOwn()
    {
        var faults = Contracts.Interfaces.Where(IsProduct).SelectMany(type => type.GetMethods()
            .GroupBy(GrainContracts.Alias, StringComparer.Ordinal)
            .Where(group => group.Key is null || group.Count() > 1)
            .Select(group => $"{type}: alias '{group.Key}' of {string.Join(", ", group.Select(method => method.Name))}"));

        Faults.None(faults);
    }

    [Fact]
    public void GrainInterfaces_HoldNothingButGrainMethods() =>
        Faults.None(Contracts.Interfaces.SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Select(method => $"{type}.{method.Name} is static")));

    [Fact]
    public void TypesThatCannotChange_AreMarkedImmutable()
    {
        var unmarked = Contracts.Reached.Keys
            .Where(type => IsProduct(type) && !type.IsInterface && !type.IsAbstract && !type.IsGenericTypeDefinition && !IsMarkedImmutable(type))
            .Where(type => GrainContracts.State(type).All(IsImmutable))
            .Select(type => $"{type}: [Immutable]");

        Faults.None(unmarked);
    }

    [Fact]
    public void ImmutableTypes_CannotChange()
    {
        var changeable = Contracts.Reached.Keys.Where(IsMarkedImmutable)
            .SelectMany(type => GrainContracts.State(type).Where(member => !IsReadOnly(member)).Select(member => $"{type}.{member.Name} can be set"));

        Faults.None(changeable);
    }

    private static IEnumerable<string> IdFaults(Type type, List<MemberInfo> members)
    {
        var ids = new List<uint>();
        foreach (var member in members)
        {
            if (GrainContracts.Find(member, "Orleans.IdAttribute") is { } id)
            {
                ids.Add((uint)id.ConstructorArguments[0].Value!);
            }
            else
            {
                yield return $"{type}.{member.Name}: [Id(n)], or [NonSerialized] on its field";
            }
        }

        ids.Sort();
        for (var index = 0; index < ids.Count; index++)
        {
            if (ids[index] != index)
            {
                yield return $"{type}: ids are {string.Join(", ", ids)}; they count from 0 without a gap";
                yield break;
            }
        }
    }

    private static bool IsProduct(Type type) => type.Assembly.GetName().Name is var name && BuiltAssemblies.Product.Contains(name) || name!.Contains("Samples", StringComparison.Ordinal);

    private static bool IsMarkedImmutable(Type type) => GrainContracts.Has(type, "Orleans.ImmutableAttribute");

    private static bool IsImmutable(MemberInfo member) =>
        IsReadOnly(member) && IsImmutable(member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType);

    private static bool IsReadOnly(MemberInfo member) => member switch
    {
        PropertyInfo property => property.SetMethod is not { } set
            || set.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.FullName == "System.Runtime.CompilerServices.IsExternalInit"),
        FieldInfo field => field.IsInitOnly,
        _ => false,
    };

    // An interface that only reads counts: whoever puts a list behind it promises to leave it alone.
    private static bool IsImmutable(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type == typeof(decimal) || type == typeof(Guid) || type == typeof(Uri)
        || type == typeof(DateTimeOffset) || type == typeof(DateTime) || type == typeof(TimeSpan) || IsMarkedImmutable(type)
        || (type.IsGenericType && type.GetGenericArguments().All(IsImmutable) && (type.IsValueType
            || type.Name.StartsWith("IReadOnly", StringComparison.Ordinal) || type.Name.StartsWith("Immutable", StringComparison.Ordinal)));
}
