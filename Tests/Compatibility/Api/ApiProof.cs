namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>
/// Proves our runtime's surface against Orleans' own assemblies.
/// <para>
/// 1. A type that the packages define is compared with their definition.
/// 2. Another type of ours is proved by use: what the packages call, or implement, of it must be there with the same signature.
/// 3. What neither covers is reported as unproved.
/// </para>
/// </summary>
internal sealed class ApiProof
{
    private readonly ApiAssembly _ours;
    private readonly ApiEvidence _evidence;
    private readonly Dictionary<string, ProvedType> _types;

    public ApiProof(ApiAssembly ours, ApiEvidence evidence)
    {
        _ours = ours;
        _evidence = evidence;
        _types = ours.OrleansTypes.ToDictionary(type => type.Name, type => new ProvedType(type), StringComparer.Ordinal);
        Compare();
        CheckUses();
        CheckImplementations();
    }

    public IEnumerable<ProvedType> Types => _types.Values;

    /// <summary>Where ours is not what Orleans is; one line each.</summary>
    public SortedSet<string> Differences { get; } = new(StringComparer.Ordinal);

    /// <summary>Public types of the two packages that we do not offer.</summary>
    public IEnumerable<ApiType> AbsentTypes =>
        _evidence.Definitions.Values.Select(item => item.Type).Where(type => type.IsVisible && !_types.ContainsKey(type.Name)).OrderBy(type => type.Name, StringComparer.Ordinal);

    // 1. Types with a definition.
    private void Compare()
    {
        var comparison = new TypeComparison(
            _types.ContainsKey,
            name => !_evidence.Definitions.TryGetValue(name, out var found) || found.Type.IsVisible);
        foreach (var type in _types.Values)
        {
            if (!_evidence.Definitions.TryGetValue(type.Type.Name, out var found))
            {
                continue;
            }

            type.Definition = found.Assembly.Name;
            if (!found.Type.IsVisible)
            {
                Differences.Add($"{type.Type.Name}: public, in Orleans it is not");
                continue;
            }

            type.Absent.AddRange(TypeComparison.Absent(type.Type, found.Type).Where(member => !member.IsAccessor).Select(member => member.Key));
            Differences.UnionWith(comparison.Differences(type.Type, found.Type));
        }
    }

    // 2a. What the packages call.
    private void CheckUses()
    {
        foreach (var references in _evidence.References)
        {
            foreach (var name in references.Types.Where(_types.ContainsKey))
            {
                _types[name].Users.Add(references.Assembly.Name);
            }

            foreach (var use in references.Members.Where(use => _types.ContainsKey(use.Type)))
            {
                Check(references.Assembly.Name, use, _types[use.Type]);
            }
        }
    }

    private void Check(string user, MemberUse use, ProvedType type)
    {
        if (type.Type.Members.TryGetValue(use.Key, out var member))
        {
            type.Proved.Add(use.Key);
            var returns = member.Traits.GetValueOrDefault("returns") ?? member.Traits["type"];
            if (returns != use.Returns || (use.IsStatic is { } isStatic && member.Traits["static"] != $"{isStatic}"))
            {
                Differences.Add($"{use.Type}: {use.Key} returns '{returns}' (static: {member.Traits["static"]}); {user} calls it with '{use.Returns}' (static: {use.IsStatic})");
            }
        }
        else if (type.Type.AllMethods.FirstOrDefault(other => other.Name == use.Name) is { } other && !IsOverloaded(use, type))
        {
            Differences.Add($"{use.Type}: {other.Key} is called as {use.Key} by {user}");
        }
        else
        {
            type.Absent.Add(use.Key);
        }
    }

    // Where the evidence proves one of our overloads, another one may be absent.
    private bool IsOverloaded(MemberUse use, ProvedType type) =>
        type.Definition is not null || _evidence.References.SelectMany(item => item.Members)
            .Any(other => other.Type == use.Type && other.Name == use.Name && type.Type.Members.ContainsKey(other.Key));

    // 2b. What the packages implement.
    private void CheckImplementations()
    {
        foreach (var references in _evidence.References)
        {
            foreach (var use in references.Implementations.Where(use => _types.ContainsKey(use.Interface)))
            {
                var type = _types[use.Interface];
                foreach (var member in type.Type.Members.Values.Where(member => member.IsAbstract))
                {
                    if (Implements(references.Assembly, use, member))
                    {
                        type.Proved.Add(member.Key);
                    }
                    else if (type.Definition is null)
                    {
                        Differences.Add($"{use.Interface}: {member.Key} is not implemented by {use.Class}, which implements the interface");
                    }
                }
            }
        }
    }

    private static bool Implements(ApiAssembly assembly, ImplementationUse use, ApiMember member)
    {
        var key = Substitute(member.Key, use.Arguments);
        var returns = Substitute(member.Traits["returns"], use.Arguments);
        for (var name = use.Class; name is not null && assembly.Types.TryGetValue(name, out var type); name = type.BaseType?.Split('<')[0])
        {
            if (type.AllMethods.Any(method => Plain(method) == key && method.Traits["returns"] == returns))
            {
                return true;
            }
        }

        return false;
    }

    // An explicit implementation is named after its interface: everything before the last dot goes.
    private static string Plain(ApiMember method) => method.Key[(method.Name.LastIndexOf('.') + 1)..];

    private static string Substitute(string text, string[] arguments)
    {
        for (var index = 0; index < arguments.Length; index++)
        {
            text = System.Text.RegularExpressions.Regex.Replace(text, $@"(?<!!)!{index}\b", arguments[index]);
        }

        return text;
    }
}

/// <summary>A public type of ours with what is known about it.</summary>
internal sealed record ProvedType(ApiType Type)
{
    /// <summary>The assembly of Orleans that defines it, where we have that.</summary>
    public string? Definition { get; set; }

    public SortedSet<string> Users { get; } = new(StringComparer.Ordinal);

    /// <summary>Members that use proves.</summary>
    public SortedSet<string> Proved { get; } = new(StringComparer.Ordinal);

    /// <summary>Members of Orleans that we do not offer.</summary>
    public List<string> Absent { get; } = [];

    /// <summary>Members that nothing proves.</summary>
    public IEnumerable<ApiMember> Unproved => Definition is not null ? []
        : Type.Members.Values.Where(member => !member.IsOverride && !Proved.Contains(member.Key) && !IsProvedByAccessor(member));

    private bool IsProvedByAccessor(ApiMember member) =>
        member.Key.StartsWith("property ", StringComparison.Ordinal) && (Proved.Contains($"get_{member.Name}()") || Proved.Any(key => key.StartsWith($"set_{member.Name}(", StringComparison.Ordinal)));
}
