#pragma warning disable
using Microsoft.Extensions.DependencyInjection;
namespace Orleans.Embedded;
internal static class SiloServices { public static void AddOnce(IServiceCollection s) {} }
