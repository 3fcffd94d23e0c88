using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace OrleansFlow.Tests.Compatibility.Api;

/// <summary>The types of one assembly, read from its metadata.</summary>
internal sealed class ApiAssembly : IDisposable
{
    private readonly PEReader _file;
    private readonly Dictionary<string, ApiType> _types = new(StringComparer.Ordinal);

    private ApiAssembly(string path)
    {
        Path = path;
        _file = new PEReader(File.OpenRead(path));
        Reader = _file.GetMetadataReader();
        foreach (var handle in Reader.TypeDefinitions)
        {
            var type = Read(handle);
            _types[type.Name] = type;
        }
    }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public MetadataReader Reader { get; }

    public IReadOnlyDictionary<string, ApiType> Types => _types;

    /// <summary>Visible types, generated code and what only generated code may name left out.</summary>
    public IEnumerable<ApiType> OrleansTypes => _types.Values.Where(type => type.IsVisible && IsApi(type.Name)).OrderBy(type => type.Name, StringComparer.Ordinal);

    public static ApiAssembly Load(string path) => new(path);

    public static bool IsApi(string name) =>
        (name.StartsWith("Orleans.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal))
        && !name.StartsWith("Orleans.Embedded.", StringComparison.Ordinal);

    public void Dispose() => _file.Dispose();

    private ApiType Read(TypeDefinitionHandle handle)
    {
        var type = Reader.GetTypeDefinition(handle);
        var context = NullableContext(handle);
        var members = new MemberReader(Reader, context);
        var visible = new Dictionary<string, ApiMember>(StringComparer.Ordinal);
        foreach (var member in members.Visible(type))
        {
            visible[member.Key] = member;
        }

        return new ApiType
        {
            Name = SignatureReader.FullName(Reader, handle),
            IsVisible = IsVisible(handle),
            IsInterface = type.Attributes.HasFlag(TypeAttributes.Interface),
            Traits = Traits(type),
            BaseType = type.BaseType.IsNil ? null : SignatureReader.Node(Reader, type.BaseType).Text,
            Interfaces = [.. type.GetInterfaceImplementations().Select(item => SignatureReader.Node(Reader, Reader.GetInterfaceImplementation(item).Interface).Text)],
            Members = visible,
            AllMethods = [.. type.GetMethods().Select(item => members.Method(item))],
        };
    }

    private SortedDictionary<string, string> Traits(TypeDefinition type)
    {
        var baseType = type.BaseType.IsNil ? "" : SignatureReader.Node(Reader, type.BaseType).Text;
        var kind = type.Attributes.HasFlag(TypeAttributes.Interface) ? "interface"
            : baseType == "System.Enum" ? "enum"
            : baseType == "System.ValueType" ? "struct"
            : baseType == "System.MulticastDelegate" ? "delegate" : "class";
        var traits = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["kind"] = kind,
            ["abstract"] = $"{type.Attributes.HasFlag(TypeAttributes.Abstract)}",
            ["sealed"] = $"{type.Attributes.HasFlag(TypeAttributes.Sealed)}",
            ["type parameters"] = GenericParameters.Text(Reader, type.GetGenericParameters()),
        };
        AttributeTraits.Add(Reader, type.GetCustomAttributes(), traits);
        return traits;
    }

    private bool IsVisible(TypeDefinitionHandle handle)
    {
        var type = Reader.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem => IsVisible(type.GetDeclaringType()),
            _ => false,
        };
    }

    private byte NullableContext(TypeDefinitionHandle handle)
    {
        var type = Reader.GetTypeDefinition(handle);
        return AttributeReader.NullableContext(Reader, type.GetCustomAttributes())
            ?? (type.GetDeclaringType().IsNil ? AttributeReader.NullableContext(Reader, Reader.GetModuleDefinition().GetCustomAttributes()) ?? 0
                : NullableContext(type.GetDeclaringType()));
    }
}
