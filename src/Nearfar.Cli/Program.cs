using System.Text;
using Nearfar.Cli;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await NearfarCommand.RunAsync(args, Console.Out, Console.Error, TimeProvider.System);
