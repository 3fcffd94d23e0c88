using System.Buffers;
using Orleans.Serialization;

namespace Orleans.Embedded.Serialization;

/// <summary>
/// Names of exception types that are not annotated: <c>!</c> and the full name. They are looked for in the platform's
/// core library and in assemblies that registered a type, and only classes derived from <see cref="Exception"/> are
/// taken; every other name becomes an <see cref="UnavailableExceptionFallbackException"/>.
/// </summary>
internal static class ExceptionTypes
{
    public const char Prefix = '!';

    // Such a name is no plain class name.
    private static readonly SearchValues<char> Special = SearchValues.Create("[],*&\\`");

    public static string Name(Type type) => Prefix + (type.FullName ?? type.Name);

    public static Codec Resolve(string name)
    {
        var fullName = name[1..];
        if (!fullName.AsSpan().ContainsAny(Special))
        {
            foreach (var assembly in CodecRegistry.KnownAssemblies)
            {
                if (assembly.GetType(fullName, throwOnError: false) is { IsAbstract: false } type
                    && typeof(Exception).IsAssignableFrom(type)
                    && CodecRegistry.TryGet(type) is { } codec)
                {
                    return codec;
                }
            }
        }

        return new FallbackExceptionCodec(fullName);
    }
}
